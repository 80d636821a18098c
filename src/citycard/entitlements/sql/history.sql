SELECT member_id, entitlement, lower(valid) AS valid_from, upper(valid) AS valid_to, because::text AS because
FROM entitlements_right
WHERE member_id = %s AND upper_inf(recorded)
ORDER BY lower(valid), entitlement
