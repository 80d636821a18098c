-- By the pack itself as well: that those whom it decided stand as it says again is newer than what covered them between.
WITH RECURSIVE packs AS (
    SELECT min(pack_hash) AS pack_hash FROM entitlements_next_check
    UNION ALL
    SELECT (SELECT min(c.pack_hash) FROM entitlements_next_check c WHERE c.pack_hash > p.pack_hash)
    FROM packs p WHERE p.pack_hash IS NOT NULL
)
INSERT INTO entitlements_settled (pack_hash, as_pack, settled_at, run_id)
SELECT pack_hash, %(pack)s, %(now)s, %(run)s FROM packs WHERE pack_hash IS NOT NULL
ON CONFLICT (pack_hash, as_pack) DO UPDATE SET settled_at = excluded.settled_at, run_id = excluded.run_id
