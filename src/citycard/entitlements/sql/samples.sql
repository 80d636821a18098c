SELECT d.member_id, d.entitlement, d.kind, d.reason, lower(d.before) AS before_from, upper(d.before) AS before_to,
       lower(d.after) AS after_from, upper(d.after) AS after_to
FROM entitlements_count c
CROSS JOIN LATERAL unnest(c.samples) AS s(member_id)
JOIN entitlements_difference d
  ON d.run_id = c.run_id AND d.member_id = s.member_id AND d.entitlement = c.entitlement
WHERE c.run_id = %s
ORDER BY d.entitlement, d.kind, d.reason, d.member_id
