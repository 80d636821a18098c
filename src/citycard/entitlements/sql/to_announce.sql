SELECT kind, entitlement, array_agg(member_id ORDER BY member_id) AS member_ids
FROM entitlements_difference
WHERE run_id = %(run)s AND member_id > %(after)s AND member_id <= %(upto)s AND state = 'due' AND kind <> 'past'
GROUP BY kind, entitlement ORDER BY entitlement, kind
