UPDATE entitlements_right r SET recorded = tstzrange(lower(r.recorded), c.at)
FROM unnest(%s::bigint[], %s::timestamptz[]) AS c(id, at) WHERE r.id = c.id
