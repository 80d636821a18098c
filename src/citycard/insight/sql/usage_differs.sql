-- One statement, one snapshot: what the counted batches of a month say, against what is kept.
WITH days AS MATERIALIZED (
    SELECT * FROM unnest(%(days)s::date[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
                  AS d(day, starts, ends)
), counted AS (
    SELECT d.day, t.service, t.agency, t.place,
           count(*) FILTER (WHERE t.code = ANY(%(served)s)) AS uses,
           count(*) FILTER (WHERE t.code <> ALL(%(served)s)) AS refusals
    FROM days d
    JOIN pub.taps t ON t.local_month = %(month)s AND t.at >= d.starts AND t.at < d.ends
    JOIN insight_absorbed a ON a.source = 'taps' AND a.batches @> t.batch_id
    GROUP BY 1, 2, 3, 4
), kept AS (
    SELECT * FROM insight_usage
    WHERE day >= %(month)s AND day < (%(month)s::date + interval '1 month')
)
SELECT day, service, agency, place,
       coalesce(counted.uses, 0) AS counted_uses, coalesce(kept.uses, 0) AS kept_uses
FROM counted FULL JOIN kept USING (day, service, agency, place)
WHERE (counted.uses, counted.refusals) IS DISTINCT FROM (kept.uses, kept.refusals)
ORDER BY day, service, agency, place LIMIT 100
