UPDATE entitlements_next_check c
SET check_on = n.check_on, held = string_to_array(n.held, ','), pack_hash = %s, decided_at = %s
FROM unnest(%s::bigint[], %s::date[], %s::text[]) AS n(member_id, check_on, held)
WHERE c.member_id = n.member_id
