-- A rider's rides in force, newest first, with the words of the books that they were decided by.
SELECT r.reader_id || '-' || r.epoch || '-' || r.seq AS ride, r.boarded_at,
       CASE WHEN r.alighted_at > r.boarded_at THEN r.alighted_at END AS alighted_at, r.local_month AS month,
       o.code AS operator, l.code AS route, a.code AS origin, z.code AS destination,
       nullif(r.metres, -1) AS metres, r.ended, b.reasons[r.reason + 1] AS reason, b.concessions, r.applied AS applied_bits,
       r.fare_ntd, r.points, r.stored_ntd, r.cash_ntd, r.charged_ntd, r.points_taken, b.funds, r.funders, r.subsidies,
       r.difference_kind, coalesce((
           SELECT d.state FROM fares_difference d
           WHERE d.reader_id = r.reader_id AND d.epoch = r.epoch AND d.seq = r.seq AND d.state <> 'gone'
           ORDER BY d.id DESC LIMIT 1), '') AS difference_state, d.revision, b.pack_hash
FROM fares_ride r
JOIN fares_decision d ON d.rider = r.rider AND d.local_month = r.local_month AND d.revision = r.revision
JOIN fares_book b ON b.id = d.book_id
JOIN fares_term o ON o.id = r.operator_id
JOIN fares_term l ON l.id = r.route_id
JOIN fares_term a ON a.id = r.origin_id
JOIN fares_term z ON z.id = r.destination_id
WHERE r.rider = %(member)s AND r.closed_at IS NULL
  AND (%(before)s::timestamptz IS NULL OR r.boarded_at < %(before)s)
  AND (%(at)s::timestamptz IS NULL OR r.boarded_at = %(at)s)
ORDER BY r.boarded_at DESC, r.reader_id, r.epoch, r.seq LIMIT %(limit)s
