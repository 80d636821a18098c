SELECT member_id, entitlement, lower(valid) AS valid_from, upper(valid) AS valid_to, because::text AS because
FROM entitlements_right
WHERE member_id = ANY(%s::bigint[]) AND upper_inf(recorded) AND valid @> %s::date
ORDER BY member_id, entitlement
