-- What the counted batches of a month say, by member ids, against the figures kept: all about uses, and
-- about people all but who is new. Medians are worked out once for each pattern of days.
WITH seen AS MATERIALIZED (
    SELECT t.service, t.agency, t.place, t.member_id,
           width_bucket(t.at, %(starts)s::timestamptz[]) AS day,
           count(*) FILTER (WHERE t.code = ANY(%(served)s)) AS uses,
           count(*) FILTER (WHERE t.code <> ALL(%(served)s)) AS refusals
    FROM pub.taps t
    JOIN insight_absorbed a ON a.source = 'taps' AND a.batches @> t.batch_id
    WHERE t.local_month = %(month)s
    GROUP BY 1, 2, 3, 4, 5
), people AS (
    SELECT service, coalesce(agency, '') AS agency, bit_or(1 << (day - 1)) AS days
    FROM seen WHERE uses > 0 AND member_id IS NOT NULL
    GROUP BY GROUPING SETS ((service, agency, member_id), (service, member_id))
), patterns AS MATERIALIZED (
    SELECT service, agency, days, count(*) AS n FROM people GROUP BY 1, 2, 3
), days AS (
    SELECT p.days, d.day FROM (SELECT DISTINCT days FROM patterns) p
    JOIN generate_series(1, 31) AS d(day) ON (p.days >> (d.day - 1)) & 1 = 1
), gaps AS (
    SELECT days, day - lag(day) OVER (PARTITION BY days ORDER BY day) AS gap FROM days
), middles AS (
    SELECT days, percentile_disc(0.5) WITHIN GROUP (ORDER BY gap) AS middle
    FROM gaps GROUP BY days
), counted AS (
    SELECT service, coalesce(agency, '') AS agency, 'uses' AS what, 0 AS key, '' AS place,
           sum(uses) AS n
    FROM seen GROUP BY GROUPING SETS ((service), (service, agency))
    UNION ALL
    SELECT service, coalesce(agency, ''), 'day_refusals', day, '', sum(refusals)
    FROM seen GROUP BY GROUPING SETS ((service, day), (service, agency, day))
    UNION ALL
    SELECT service, coalesce(agency, ''), 'day_uses', day, '', sum(uses)
    FROM seen GROUP BY GROUPING SETS ((service, day), (service, agency, day))
    UNION ALL
    SELECT service, agency, 'place_uses', 0, place, sum(uses) FROM seen GROUP BY 1, 2, 5
    UNION ALL
    SELECT service, agency, 'place_people', 0, place, count(DISTINCT member_id)
    FROM seen WHERE uses > 0 GROUP BY 1, 2, 5
    UNION ALL
    SELECT service, agency, 'people', 0, '', sum(n) FROM patterns GROUP BY 1, 2
    UNION ALL
    SELECT service, agency, 'day_people', day, '', sum(n)
    FROM patterns JOIN days USING (days) GROUP BY 1, 2, 4
    UNION ALL
    SELECT service, agency, 'days', bit_count(days::bit(32))::integer, '', sum(n)
    FROM patterns GROUP BY 1, 2, 4
    UNION ALL
    SELECT service, agency, 'interval', middle, '', sum(n)
    FROM patterns JOIN middles USING (days) WHERE middle IS NOT NULL GROUP BY 1, 2, 4
), kept AS (
    SELECT c.service, c.agency, c.what, coalesce(p.place, '') AS place,
           CASE WHEN p.id IS NULL THEN c.key ELSE 0 END AS key, c.n
    FROM insight_count c
    LEFT JOIN insight_place p ON c.what IN ('place_uses', 'place_people') AND p.id = c.key
    WHERE c.month = %(month)s AND c.what <> 'new'
)
SELECT service, agency, what, key, place, coalesce(c.n, 0) AS counted, coalesce(k.n, 0) AS kept
FROM (SELECT * FROM counted WHERE n > 0) c
FULL JOIN kept k USING (service, agency, what, key, place)
WHERE c.n IS DISTINCT FROM k.n
ORDER BY service, what, agency, key, place LIMIT 100
