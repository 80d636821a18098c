-- One right of one member on a day, as the city believed at an instant (null: as it does now).
SELECT member_id, entitlement, lower(valid) AS valid_from, upper(valid) AS valid_to, because::text AS because, pack_hash
FROM entitlements_right
WHERE member_id = %s AND entitlement = %s AND valid @> %s::date
  AND CASE WHEN %s::timestamptz IS NULL THEN upper_inf(recorded) ELSE recorded @> %s::timestamptz END
