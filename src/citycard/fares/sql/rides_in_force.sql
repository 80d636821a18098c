-- The rides of some riders in a month as they are stored now; of a book with other funds, so that none is the same.
SELECT boarded_at, rider, reader_id, seq, epoch, alighted_at, card_key, marks, due_micro, collected_micro,
       difference_micro, operator_id, route_id, ticket_id, origin_id, destination_id, metres, charged_ntd, points_taken,
       fare_ntd, points, stored_ntd, cash_ntd, applied, category, reason, ended, difference_kind,
       CASE WHEN cardinality(subsidies) = %(funds)s::integer THEN subsidies ELSE array_fill(-1::bigint, ARRAY[%(funds)s::integer]) END
FROM fares_ride
WHERE local_month = %(month)s AND rider = ANY (%(riders)s::bigint[]) AND closed_at IS NULL
