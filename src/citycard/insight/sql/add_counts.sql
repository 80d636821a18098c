INSERT INTO insight_count (service, month, what, agency, key, n)
SELECT (%(services)s::text[])[d.head], (%(months)s::date[])[d.head], (%(whats)s::text[])[d.head],
       (%(agencies)s::text[])[d.head], d.key, d.n
FROM unnest(%(heads)s::integer[], %(keys)s::integer[], %(ns)s::bigint[]) AS d(head, key, n)
ON CONFLICT (service, month, what, agency, key) DO UPDATE SET n = insight_count.n + EXCLUDED.n
