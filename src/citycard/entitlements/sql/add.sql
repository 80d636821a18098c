INSERT INTO entitlements_right (member_id, entitlement, valid, recorded, rule_id, pack_hash, because,
                                decided_at, decided_by)
SELECT n.member_id, n.entitlement, daterange(n.valid_from, n.valid_to), tstzrange(n.at, NULL), n.rule_id,
       %s, n.because::jsonb, %s, %s
FROM unnest(%s::bigint[], %s::text[], %s::date[], %s::date[], %s::timestamptz[], %s::text[], %s::text[])
  AS n(member_id, entitlement, valid_from, valid_to, at, rule_id, because)
