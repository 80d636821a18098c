-- In which month each member first used a service, over all months, against who is kept as new.
WITH used AS MATERIALIZED (
    SELECT t.service, t.agency, t.member_id, t.local_month AS month
    FROM pub.taps t
    JOIN insight_absorbed a ON a.source = 'taps' AND a.batches @> t.batch_id
    WHERE t.member_id IS NOT NULL AND t.code = ANY(%(served)s)
    GROUP BY 1, 2, 3, 4
), first AS (
    SELECT service, member_id, min(month) AS month FROM used GROUP BY 1, 2
), counted AS (
    SELECT service, month, coalesce(agency, '') AS agency, count(DISTINCT member_id) AS n
    FROM used JOIN first USING (service, member_id, month)
    GROUP BY GROUPING SETS ((service, month), (service, month, agency))
), kept AS (
    SELECT service, month, agency, n FROM insight_count WHERE what = 'new'
)
SELECT service, agency, month, coalesce(c.n, 0) AS counted, coalesce(k.n, 0) AS kept
FROM counted c FULL JOIN kept k USING (service, month, agency)
WHERE c.n IS DISTINCT FROM k.n
ORDER BY service, month, agency LIMIT 100
