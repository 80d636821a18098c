UPDATE insight_count c SET n = c.n + d.n
FROM unnest(%(heads)s::integer[], %(keys)s::integer[], %(ns)s::bigint[]) AS d(head, key, n)
WHERE c.service = (%(services)s::text[])[d.head] AND c.month = (%(months)s::date[])[d.head]
  AND c.what = (%(whats)s::text[])[d.head] AND c.agency = (%(agencies)s::text[])[d.head]
  AND c.key = d.key
