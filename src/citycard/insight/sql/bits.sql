-- How finely the rows of each shelf are cut: any of its rows says it.
SELECT (
    SELECT bits FROM (
        (SELECT bits FROM insight_visits v WHERE v.service = w.service AND v.month = w.month LIMIT 1)
        UNION ALL
        (SELECT bits FROM insight_first f WHERE w.month IS NULL AND f.service = w.service LIMIT 1)
    ) AS found
) AS bits
FROM unnest(%(services)s::text[], %(months)s::date[]) WITH ORDINALITY AS w(service, month, n)
ORDER BY n
