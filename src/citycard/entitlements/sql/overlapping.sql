SELECT n.member_id, n.entitlement FROM (
    SELECT r.member_id, r.entitlement, r.valid,
           lag(r.valid) OVER (PARTITION BY r.member_id, r.entitlement ORDER BY lower(r.valid)) AS before
    FROM entitlements_right r WHERE upper_inf(r.recorded)
) n
WHERE n.valid && n.before LIMIT 100
