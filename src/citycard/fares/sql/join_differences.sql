-- What was on a refund run and the rest beside it, as one. Nothing is left to see to where they even out.
INSERT INTO fares_difference
    (reader_id, epoch, seq, rider, boarded_at, found_at, local_month, operator_id, route_id, amount_micro, points, kind)
SELECT d.reader_id, d.epoch, d.seq, d.rider, d.boarded_at, %(now)s, d.local_month, d.operator_id, d.route_id,
       d.amount_micro + r.amount_micro, d.points + r.points, d.kind
FROM unnest(%(with_rest)s::bigint[], %(amounts)s::bigint[], %(points)s::integer[]) AS r(id, amount_micro, points)
JOIN fares_difference d ON d.id = r.id
WHERE d.amount_micro + r.amount_micro <> 0 OR d.points + r.points <> 0
