-- A rider's rides in force, newest first, with the words of the books that they were decided by. The
-- rider's months are walked from the newest on until they fill a page: older ones aren't touched.
WITH RECURSIVE walked (month, found) AS (
    SELECT max(local_month), 0::bigint FROM fares_decision
    WHERE rider = %(member)s AND (%(newest)s::timestamptz IS NULL
                                  OR local_month <= (%(newest)s::timestamptz + interval '1 day')::date)
    UNION ALL
    SELECT (SELECT max(d.local_month) FROM fares_decision d WHERE d.rider = %(member)s AND d.local_month < w.month),
           w.found + (SELECT count(*) FROM fares_ride r
                      WHERE r.rider = %(member)s AND r.local_month = w.month AND r.closed_at IS NULL
                        AND (%(before)s::timestamptz IS NULL OR r.boarded_at < %(before)s)
                        AND (%(at)s::timestamptz IS NULL OR r.boarded_at = %(at)s))
    FROM walked w
    WHERE w.month IS NOT NULL AND w.found < %(limit)s
      AND (%(at)s::timestamptz IS NULL OR w.month >= (%(at)s::timestamptz - interval '32 days')::date)
), page AS MATERIALIZED (
    SELECT r.* FROM walked w CROSS JOIN LATERAL (
        SELECT * FROM fares_ride r
        WHERE r.rider = %(member)s AND r.local_month = w.month AND r.closed_at IS NULL
          AND (%(before)s::timestamptz IS NULL OR r.boarded_at < %(before)s)
          AND (%(at)s::timestamptz IS NULL OR r.boarded_at = %(at)s)
        ORDER BY r.boarded_at DESC, r.reader_id, r.epoch, r.seq LIMIT %(limit)s) r
    WHERE w.found < %(limit)s
    ORDER BY r.boarded_at DESC, r.reader_id, r.epoch, r.seq LIMIT %(limit)s
)
SELECT r.reader_id || '-' || r.epoch || '-' || r.seq AS ride, r.boarded_at,
       CASE WHEN r.alighted_at > r.boarded_at THEN r.alighted_at END AS alighted_at, r.local_month AS month,
       o.code AS operator, l.code AS route, a.code AS origin, z.code AS destination,
       nullif(r.metres, -1) AS metres, r.ended, b.reasons[r.reason + 1] AS reason, b.concessions, r.applied AS applied_bits,
       r.fare_ntd, r.points, r.stored_ntd, r.cash_ntd, r.charged_ntd, r.points_taken, b.funds, r.funders, r.subsidies,
       r.difference_kind, coalesce((
           SELECT d.state FROM fares_difference d
           WHERE d.reader_id = r.reader_id AND d.epoch = r.epoch AND d.seq = r.seq AND d.state <> 'gone'
           ORDER BY d.id DESC LIMIT 1), '') AS difference_state, d.revision, b.pack_hash
FROM page r
JOIN fares_decision d ON d.rider = r.rider AND d.local_month = r.local_month AND d.revision = r.revision
JOIN fares_book b ON b.id = d.book_id
JOIN fares_term o ON o.id = r.operator_id
JOIN fares_term l ON l.id = r.route_id
JOIN fares_term a ON a.id = r.origin_id
JOIN fares_term z ON z.id = r.destination_id
ORDER BY r.boarded_at DESC, r.reader_id, r.epoch, r.seq
