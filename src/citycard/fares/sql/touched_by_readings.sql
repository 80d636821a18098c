-- Whose months batches of readings touch. A ride belongs to whoever held the card when it began.
WITH new AS MATERIALIZED (
    SELECT r.card_key, r.at, r.local_month, r.leg,
           r.local_month::timestamp AT TIME ZONE %(zone)s AS month_start,
           (r.local_month + interval '1 month') AT TIME ZONE %(zone)s AS month_end
    FROM fares_reading r
    WHERE r.local_month = ANY (%(months)s::date[]) AND r.batch_id = ANY (%(batches)s::bigint[])
      AND r.batch_id BETWEEN %(first)s AND %(last)s
), moments AS (
    -- when a ride that this reading is part of may have begun, and in which month that lies
    SELECT card_key, at AS until, local_month FROM new
    UNION
    SELECT card_key, at, (local_month - interval '1 month')::date FROM new WHERE at < month_start + %(longest)s
    UNION
    SELECT card_key, at, (local_month + interval '1 month')::date FROM new WHERE at >= month_end - %(longest)s
    UNION
    -- a ride of an earlier month may have waited for this boarding
    SELECT n.card_key, p.at, p.local_month
    FROM (SELECT card_key, min(at) AS at FROM new WHERE leg <> 1 GROUP BY card_key, local_month) n
    CROSS JOIN LATERAL (
        SELECT b.at, b.local_month FROM fares_reading b
        WHERE b.card_key = n.card_key AND b.at < n.at AND b.leg = 0
        ORDER BY b.at DESC LIMIT 1) p
)
SELECT m.local_month, b.member_id AS rider
FROM moments m
JOIN pub.bindings b ON b.card_id = m.card_key AND b.bound && tstzrange(m.until - %(longest)s, m.until, '[]')
UNION
SELECT m.local_month, -m.card_key
FROM moments m
WHERE NOT EXISTS (
    SELECT FROM pub.bindings b
    WHERE b.card_id = m.card_key AND b.bound @> tstzrange(m.until - %(longest)s, m.until, '[]'))
UNION
SELECT c.local_month, c.rider
FROM moments m JOIN fares_month_card c ON c.card_key = m.card_key AND c.local_month = m.local_month
