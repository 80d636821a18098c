SELECT id, member_id, entitlement, lower(valid) AS valid_from, upper(valid) AS valid_to,
       because::text AS because, lower(recorded) AS since
FROM entitlements_right
WHERE member_id = ANY(%s::bigint[]) AND upper_inf(recorded)
  AND (upper_inf(valid) OR upper(valid) >= %s::date)
ORDER BY member_id, entitlement, lower(valid)
