INSERT INTO entitlements_run (pack_hash, member_ids, codes, every_rule, on_day, today, state, begun_at, begun_by)
VALUES (%s, %s::bigint[], %s::text[], %s, %s, %s, 'previewing', %s, %s) RETURNING id
