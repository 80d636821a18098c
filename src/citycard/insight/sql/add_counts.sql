INSERT INTO insight_count (service, month, what, agency, key, n)
SELECT * FROM unnest(%(services)s::text[], %(months)s::date[], %(whats)s::text[],
                     %(agencies)s::text[], %(keys)s::integer[], %(ns)s::bigint[])
ON CONFLICT (service, month, what, agency, key) DO UPDATE SET n = insight_count.n + EXCLUDED.n
