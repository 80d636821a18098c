UPDATE insight_count c SET n = c.n + d.n
FROM unnest(%(services)s::text[], %(months)s::date[], %(whats)s::text[],
            %(agencies)s::text[], %(keys)s::integer[], %(ns)s::bigint[])
     AS d(service, month, what, agency, key, n)
WHERE (c.service, c.month, c.what, c.agency, c.key)
    = (d.service, d.month, d.what, d.agency, d.key)
