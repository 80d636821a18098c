SELECT a.month, a.unit, a.member_id, a.entitlement, a.fund, a.amount, a.starts_on, a.ends_on, a.returned, a.granted,
       a.used, a.revision
FROM entitlements_allowance a
JOIN unnest(%s::date[], %s::text[], %s::bigint[]) AS k(month, unit, member_id)
  ON a.month = k.month AND a.unit = k.unit AND a.member_id = k.member_id
WHERE a.month = ANY (%s::date[]) -- told beforehand: other months' partitions are not even planned for
ORDER BY a.month, a.unit, a.member_id FOR NO KEY UPDATE OF a
