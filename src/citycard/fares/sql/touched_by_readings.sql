-- Whose months batches of readings touch. A ride belongs to whoever held the card when it began.
WITH new AS MATERIALIZED (
    SELECT r.card_key, r.local_month, min(r.at) AS first_at, max(r.at) AS last_at,
           min(r.at) FILTER (WHERE r.leg = 0 OR r.leg = 2 AND r.missed_ntd > 0) AS boards_at,
           r.local_month::timestamp AT TIME ZONE %(zone)s::text AS month_start,
           (r.local_month + interval '1 month') AT TIME ZONE %(zone)s::text AS month_end
    FROM unnest(%(firsts)s::bigint[], %(lasts)s::bigint[]) AS s(first, last)
    JOIN fares_reading r ON r.batch_id BETWEEN s.first AND s.last
    WHERE r.local_month = ANY (%(months)s::date[])
    GROUP BY r.card_key, r.local_month
), opening AS MATERIALIZED (
    -- boardings that are their card's first of the month: a ride of an earlier one may have waited for them
    SELECT n.card_key, n.local_month, n.boards_at
    FROM new n
    WHERE n.boards_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM fares_reading b
        WHERE b.card_key = n.card_key AND b.local_month = n.local_month AND b.at < n.boards_at AND b.leg = 0)
), touched AS MATERIALIZED (
    -- when rides that these readings are part of may have begun, and in which month that lies
    SELECT card_key, local_month, first_at - %(longest)s::interval AS since, last_at AS until FROM new
    UNION ALL
    SELECT card_key, (local_month - interval '1 month')::date, first_at - %(longest)s::interval,
           least(last_at, month_start + %(longest)s::interval)
    FROM new WHERE first_at < month_start + %(longest)s::interval
    UNION ALL
    SELECT card_key, (local_month + interval '1 month')::date,
           greatest(first_at, month_end - %(longest)s::interval) - %(longest)s::interval, last_at
    FROM new WHERE last_at >= month_end - %(longest)s::interval
    UNION ALL
    -- the last boarding before, looked for from the newest month back in which rides of the card are stored
    SELECT o.card_key, p.local_month, p.at - %(longest)s::interval, p.at
    FROM opening o
    CROSS JOIN LATERAL (
        SELECT b.at, b.local_month
        FROM fares_month_card c
        CROSS JOIN LATERAL (
            SELECT r.at, r.local_month FROM fares_reading r
            WHERE r.card_key = c.card_key AND r.local_month = c.local_month AND r.at < o.boards_at AND r.leg = 0
            ORDER BY r.at DESC LIMIT 1) b
        WHERE c.card_key = o.card_key AND c.local_month < o.local_month
        ORDER BY c.local_month DESC LIMIT 1) p
), held AS MATERIALIZED (
    -- nobody else holds a card while somebody does: who held it all the time is alone
    SELECT t.local_month, t.card_key, b.member_id, coalesce(b.bound @> tstzrange(t.since, t.until, '[]'), false) AS whole
    FROM touched t LEFT JOIN pub.bindings b ON b.card_id = t.card_key AND b.bound && tstzrange(t.since, t.until, '[]')
), riders AS (
    SELECT local_month, member_id AS rider FROM held WHERE member_id IS NOT NULL
    UNION
    SELECT local_month, -card_key FROM held WHERE NOT whole
    UNION
    -- in whose months the card's rides are stored: the one before may have waited for such a boarding
    SELECT t.local_month, c.rider
    FROM touched t JOIN fares_month_card c ON c.card_key = t.card_key AND c.local_month = t.local_month
)
SELECT local_month, rider FROM riders
