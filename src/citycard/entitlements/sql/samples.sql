-- A few members of each count, taken from all over it rather than from its beginning.
SELECT s.member_id, s.entitlement, s.kind, s.reason, lower(s.before) AS before_from, upper(s.before) AS before_to,
       lower(s.after) AS after_from, upper(s.after) AS after_to
FROM entitlements_count c
CROSS JOIN LATERAL (
    SELECT d.* FROM entitlements_difference d
    WHERE d.run_id = c.run_id AND d.entitlement = c.entitlement AND d.kind = c.kind AND d.reason = c.reason
    ORDER BY hashint8extended(d.member_id, c.run_id) LIMIT %(few)s
) s
WHERE c.run_id = %(run)s AND c.kind <> 'holders'
ORDER BY s.entitlement, s.kind, s.reason, s.member_id
