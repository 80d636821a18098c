UPDATE entitlements_next_check c
SET check_on = n.check_on, held = string_to_array(n.held, ','), pack_hash = %s, decided_at = %s,
    seen = n.version, seen_on = n.first_day
FROM unnest(%s::bigint[], %s::date[], %s::text[], %s::bigint[], %s::date[])
    AS n(member_id, check_on, held, version, first_day)
WHERE c.member_id = n.member_id
