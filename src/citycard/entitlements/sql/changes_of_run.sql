-- What a run that was carried out changed, as the decision of each right of each member.
SELECT d.member_id, d.entitlement,
       lower(d.before) AS before_from, upper(d.before) AS before_to, stood.because AS before_because,
       lower(d.after) AS after_from, upper(d.after) AS after_to, stands.because AS after_because,
       lower(d.stood - d.wanted) AS lost_on
FROM entitlements_difference d
LEFT JOIN LATERAL (
    SELECT r.because FROM entitlements_right r
    WHERE r.id = ANY (d.rows) AND r.valid && d.before ORDER BY r.id DESC LIMIT 1
) stood ON true
LEFT JOIN LATERAL (
    SELECT r.because FROM entitlements_right r
    WHERE r.member_id = d.member_id AND r.entitlement = d.entitlement AND upper_inf(r.recorded)
      AND r.valid && d.after ORDER BY r.id DESC LIMIT 1
) stands ON true
WHERE d.run_id = %(run)s AND d.state = 'due' AND d.kind <> 'past'
ORDER BY d.member_id, d.entitlement
