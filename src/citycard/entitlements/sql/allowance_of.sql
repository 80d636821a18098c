SELECT a.member_id, a.unit, a.month, a.entitlement, a.fund, a.amount, a.used, a.starts_on, a.ends_on, a.returned,
       a.decided_on, g.because::text AS because, g.pack_hash
FROM entitlements_allowance a JOIN entitlements_allowance_ground g ON g.id = a.ground
WHERE a.month = %s AND a.member_id = ANY(%s::bigint[]) ORDER BY a.member_id, a.unit
