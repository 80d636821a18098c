INSERT INTO notify_message (event_key, member_id, code, params, created_at)
SELECT m.event_key, m.member_id, m.code, m.params::jsonb, %(now)s
FROM unnest(%(keys)s::text[], %(members)s::bigint[], %(codes)s::text[], %(params)s::text[])
     WITH ORDINALITY AS m(event_key, member_id, code, params, n)
ORDER BY m.n
ON CONFLICT (event_key) DO NOTHING
RETURNING id, event_key
