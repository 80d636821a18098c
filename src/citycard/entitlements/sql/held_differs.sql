SELECT c.member_id, c.held AS announced, coalesce(r.codes, '{}') AS stored
FROM entitlements_next_check c
LEFT JOIN LATERAL (
    SELECT array_agg(entitlement ORDER BY entitlement) AS codes FROM entitlements_right r
    WHERE r.member_id = c.member_id AND upper_inf(r.recorded) AND r.valid @> %s::date
) r ON true
WHERE (c.check_on IS NULL OR c.check_on > %s::date)
  AND NOT (coalesce(r.codes, '{}') <@ c.held)
LIMIT 100
