SELECT d.member_id, d.entitlement, d.kind, d.reason, lower(d.before) AS before_from, upper(d.before) AS before_to,
       lower(d.after) AS after_from, upper(d.after) AS after_to
FROM entitlements_count c
CROSS JOIN LATERAL unnest(c.samples) AS s(member_id)
CROSS JOIN LATERAL (
    SELECT x.* FROM entitlements_difference x
    WHERE x.run_id = c.run_id AND x.member_id = s.member_id AND x.entitlement = c.entitlement
    OFFSET 0  -- one by one by the key, however little is known of a fresh run
) d
WHERE c.run_id = %s
ORDER BY d.entitlement, d.kind, d.reason, d.member_id
