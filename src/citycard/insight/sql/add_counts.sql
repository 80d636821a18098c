-- Figures by their heads, of which few are named often.
INSERT INTO insight_count (service, month, what, agency, key, n)
SELECT h.service, h.month, h.what, h.agency, d.key, d.n
FROM unnest(%(heads)s::integer[], %(keys)s::integer[], %(ns)s::bigint[]) AS d(head, key, n)
JOIN unnest(%(services)s::text[], %(months)s::date[], %(whats)s::text[], %(agencies)s::text[])
     WITH ORDINALITY AS h(service, month, what, agency, n) ON h.n = d.head
ON CONFLICT (service, month, what, agency, key) DO UPDATE SET n = insight_count.n + EXCLUDED.n
