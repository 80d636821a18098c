-- The packs by which somebody was decided last and that no run has covered since: one index probe a pack.
WITH RECURSIVE packs AS (
    SELECT min(pack_hash) AS pack_hash FROM entitlements_next_check
    UNION ALL
    SELECT (SELECT min(c.pack_hash) FROM entitlements_next_check c WHERE c.pack_hash > p.pack_hash)
    FROM packs p WHERE p.pack_hash IS NOT NULL
)
SELECT p.pack_hash
FROM packs p CROSS JOIN LATERAL (
    SELECT max(c.decided_at) AS decided_at FROM entitlements_next_check c WHERE c.pack_hash = p.pack_hash
) newest, (SELECT %s::text AS pack_hash) now
WHERE p.pack_hash <> now.pack_hash AND NOT EXISTS (
    SELECT 1 FROM entitlements_settled s
    WHERE s.pack_hash = p.pack_hash AND s.as_pack = now.pack_hash AND s.settled_at >= newest.decided_at)
