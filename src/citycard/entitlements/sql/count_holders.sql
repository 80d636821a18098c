-- Who has each right today, counted anew where that is a week old: shares don't move faster, and counting a city is slow.
WITH wanted AS (
    SELECT DISTINCT c.entitlement FROM entitlements_count c WHERE c.run_id = %(run)s
), stale AS (
    SELECT w.entitlement FROM wanted w LEFT JOIN entitlements_holders h ON h.entitlement = w.entitlement
    WHERE h.entitlement IS NULL OR h.counted_on NOT BETWEEN %(today)s::date - 7 AND %(today)s::date OR %(anew)s
), counted AS (
    INSERT INTO entitlements_holders AS h (entitlement, members, counted_on)
    SELECT s.entitlement, (
        SELECT count(*) FROM entitlements_right r
        WHERE r.entitlement = s.entitlement AND upper_inf(r.recorded) AND r.valid @> %(today)s::date
    ), %(today)s FROM stale s ORDER BY s.entitlement
    ON CONFLICT (entitlement) DO UPDATE SET members = excluded.members, counted_on = excluded.counted_on
    RETURNING h.entitlement, h.members
)
INSERT INTO entitlements_count (run_id, entitlement, kind, reason, members, samples)
SELECT %(run)s, w.entitlement, 'holders', '', coalesce(n.members, h.members), '{}'
FROM wanted w
LEFT JOIN counted n ON n.entitlement = w.entitlement
LEFT JOIN entitlements_holders h ON h.entitlement = w.entitlement
