-- Differences with the rides that they are of, as these stand now.
SELECT d.id, d.kind AS kind_number, d.state, d.local_month AS month, d.boarded_at, o.code AS operator, l.code AS route,
       d.reader_id, d.epoch, d.seq, d.rider, d.amount_micro, d.points, coalesce(r.fare_ntd, 0) AS fare_ntd,
       coalesce(r.charged_ntd, 0) AS charged_ntd, coalesce(r.points_taken, 0) AS points_taken,
       coalesce(r.points, 0) AS rule_points, coalesce(r.stored_ntd + r.cash_ntd, 0) AS rule_ntd,
       d.found_at, d.ended_at, d.ended_by, d.note, d.refund_run
FROM fares_difference d
JOIN fares_term o ON o.id = d.operator_id
JOIN fares_term l ON l.id = d.route_id
LEFT JOIN fares_ride r ON r.rider = d.rider AND r.boarded_at = d.boarded_at AND r.local_month = d.local_month
    AND r.reader_id = d.reader_id AND r.epoch = d.epoch AND r.seq = d.seq AND r.closed_at IS NULL
WHERE (CASE WHEN %(open)s THEN d.state = 'open' ELSE d.state NOT IN ('open', 'gone') END)
  AND (%(kind)s::smallint IS NULL OR d.kind = %(kind)s)
  AND (%(month)s::date IS NULL OR d.local_month = %(month)s)
  AND (%(reader)s::bigint IS NULL OR (d.reader_id, d.epoch, d.seq) = (%(reader)s, %(epoch)s, %(seq)s))
  AND (%(agencies)s::text[] IS NULL OR d.reader_id IN (
      SELECT v.device_id FROM pub.devices v WHERE v.agency = ANY (%(agencies)s::text[])))
  AND (%(run)s::bigint IS NULL OR d.refund_run = %(run)s)
  AND (%(ids)s::bigint[] IS NULL OR d.id = ANY (%(ids)s::bigint[]))
ORDER BY CASE WHEN %(open)s THEN d.id ELSE -d.id END LIMIT %(limit)s
