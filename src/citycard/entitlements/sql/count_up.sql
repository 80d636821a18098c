WITH found AS MATERIALIZED (
    SELECT d.member_id, d.entitlement, d.kind, d.reason FROM entitlements_difference d WHERE d.run_id = %(run)s
), told AS (
    UPDATE entitlements_run
    SET members = (SELECT coalesce(sum(c.members), 0) FROM entitlements_chunk c WHERE c.run_id = %(run)s),
        touched = (SELECT count(DISTINCT f.member_id) FROM found f)
    WHERE id = %(run)s
)
INSERT INTO entitlements_count (run_id, entitlement, kind, reason, members, samples)
SELECT %(run)s, n.entitlement, n.kind, n.reason, count(*),
       (array_agg(n.member_id ORDER BY n.place) FILTER (WHERE n.place <= %(few)s))
FROM (
    SELECT f.*, row_number() OVER (PARTITION BY f.entitlement, f.kind, f.reason
                                   ORDER BY hashint8extended(f.member_id, %(run)s)) AS place
    FROM found f
) n
GROUP BY n.entitlement, n.kind, n.reason
