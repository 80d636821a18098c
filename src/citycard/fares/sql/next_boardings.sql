-- The first boarding of each card from an instant on: what a ride without a second tap waits for.
SELECT r.at, r.card_key, r.reader_id, r.seq, r.epoch, r.operator_id, r.route_id, r.stop_id, r.ticket_id, r.issuer_id,
       r.charged_ntd, r.missed_ntd, r.points_taken, coalesce(r.metres, -1), coalesce(r.fare_ntd, -1),
       coalesce(r.purse_after_ntd, -1000000), r.leg
FROM unnest(%(cards)s::bigint[]) AS c(card_key)
CROSS JOIN LATERAL (
    SELECT * FROM fares_reading n
    WHERE n.card_key = c.card_key AND n.at >= %(start)s AND n.local_month >= %(first_month)s
      AND (n.leg = 0 OR n.leg = 2 AND n.missed_ntd > 0)
    ORDER BY n.at, n.reader_id, n.epoch, n.seq LIMIT 1
) r
ORDER BY r.card_key
