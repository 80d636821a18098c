UPDATE insight_count c SET n = c.n + d.n
FROM unnest(%(heads)s::integer[], %(keys)s::integer[], %(ns)s::bigint[]) AS d(head, key, n)
JOIN unnest(%(services)s::text[], %(months)s::date[], %(whats)s::text[], %(agencies)s::text[])
     WITH ORDINALITY AS h(service, month, what, agency, n) ON h.n = d.head
WHERE (c.service, c.month, c.what, c.agency, c.key)
    = (h.service, h.month, h.what, h.agency, d.key)
