-- The rights that anybody holds: one index probe each.
WITH RECURSIVE codes AS (
    SELECT min(entitlement) AS entitlement FROM entitlements_right WHERE upper_inf(recorded)
    UNION ALL
    SELECT (SELECT min(r.entitlement) FROM entitlements_right r
            WHERE upper_inf(r.recorded) AND r.entitlement > c.entitlement)
    FROM codes c WHERE c.entitlement IS NOT NULL
)
SELECT entitlement FROM codes WHERE entitlement IS NOT NULL
