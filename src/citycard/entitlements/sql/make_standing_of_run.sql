INSERT INTO entitlements_next_check (member_id, since, held, pack_hash, decided_at)
SELECT l.member_id, %(since)s, '{}', %(pack)s, %(now)s FROM entitlements_look l
WHERE l.run_id = %(run)s AND l.member_id > %(after)s AND l.member_id <= %(upto)s
ORDER BY l.member_id
ON CONFLICT (member_id) DO NOTHING
