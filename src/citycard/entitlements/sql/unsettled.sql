-- The packs as which somebody stands and that no run has covered since: one index probe a pack. Somebody stands as the
-- pack by which they were decided last, and as each by which a run covered them: the newest counts, and older ones
-- only cost a look.
WITH RECURSIVE packs AS (
    SELECT min(pack_hash) AS pack_hash FROM entitlements_next_check
    UNION ALL
    SELECT (SELECT min(c.pack_hash) FROM entitlements_next_check c WHERE c.pack_hash > p.pack_hash)
    FROM packs p WHERE p.pack_hash IS NOT NULL
), stands AS (
    SELECT p.pack_hash, decided.first_at, decided.last_at, now.as_pack, s.settled_at, s.run_id
    FROM packs p CROSS JOIN LATERAL (
        SELECT min(c.decided_at) AS first_at, max(c.decided_at) AS last_at
        FROM entitlements_next_check c WHERE c.pack_hash = p.pack_hash
    ) decided CROSS JOIN (SELECT %s::text AS as_pack) now
    LEFT JOIN entitlements_settled s ON s.pack_hash = p.pack_hash AND s.as_pack = now.as_pack
    WHERE p.pack_hash IS NOT NULL
)
SELECT pack_hash FROM stands
WHERE pack_hash <> as_pack AND (settled_at IS NULL OR settled_at < last_at)
UNION
SELECT o.as_pack FROM stands p JOIN entitlements_settled o ON o.pack_hash = p.pack_hash
WHERE o.as_pack <> p.as_pack AND o.settled_at >= p.first_at AND (p.run_id IS NULL OR o.run_id > p.run_id)
