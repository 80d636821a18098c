INSERT INTO entitlements_next_check (member_id, since, held, pack_hash, decided_at)
SELECT m.id, %s, '{}', %s, %s FROM unnest(%s::bigint[]) AS m(id)
ON CONFLICT (member_id) DO NOTHING
