SELECT after_id, upto_id FROM entitlements_chunk WHERE run_id = %s AND members IS NULL
ORDER BY after_id LIMIT 1 FOR UPDATE SKIP LOCKED
