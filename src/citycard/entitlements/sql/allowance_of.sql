SELECT a.member_id, a.unit, a.month, a.entitlement, a.fund, a.amount, a.used, a.starts_on, a.ends_on, a.returned,
       a.decided_on, a.because::text AS because, a.pack_hash
FROM entitlements_allowance a
WHERE a.month = %s AND a.member_id = ANY(%s::bigint[]) ORDER BY a.member_id, a.unit
