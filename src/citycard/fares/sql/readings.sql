-- What devices said of some cards' rides between two instants; -1 and -1000000 stand where they said nothing.
SELECT at, card_key, reader_id, seq, epoch, operator_id, route_id, stop_id, ticket_id, issuer_id, charged_ntd, missed_ntd,
       points_taken, coalesce(metres, -1), coalesce(fare_ntd, -1), coalesce(purse_after_ntd, -1000000), leg
FROM fares_reading
WHERE local_month BETWEEN %(first_month)s AND %(last_month)s AND at >= %(start)s AND at < %(end)s
  AND card_key = ANY (%(cards)s::bigint[])
