WITH members AS (
    UPDATE entitlements_run SET members = (SELECT coalesce(sum(c.members), 0) FROM entitlements_chunk c
                                           WHERE c.run_id = %(run)s) WHERE id = %(run)s
)
INSERT INTO entitlements_count (run_id, entitlement, kind, reason, members)
SELECT d.run_id, d.entitlement, d.kind, d.reason, count(*) FROM entitlements_difference d
WHERE d.run_id = %(run)s GROUP BY d.run_id, d.entitlement, d.kind, d.reason
UNION ALL
SELECT %(run)s, r.entitlement, 'holders', '', count(*) FROM entitlements_right r
WHERE r.entitlement = ANY(%(codes)s::text[]) AND upper_inf(r.recorded) AND r.valid @> %(today)s::date
GROUP BY r.entitlement
