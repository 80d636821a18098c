SELECT member_id, entitlement, lower(valid) AS valid_from, upper(valid) AS valid_to
FROM entitlements_right
WHERE member_id = ANY(%s::bigint[]) AND entitlement = ANY(%s::text[]) AND upper_inf(recorded)
  AND valid && daterange(%s, %s)
ORDER BY member_id, lower(valid)
