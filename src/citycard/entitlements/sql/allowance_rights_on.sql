SELECT DISTINCT k.member_id, k.day, r.entitlement
FROM unnest(%s::bigint[], %s::date[]) AS k(member_id, day)
JOIN entitlements_right r ON r.member_id = k.member_id AND upper_inf(r.recorded) AND r.valid @> k.day
