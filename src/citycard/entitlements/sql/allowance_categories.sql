SELECT u.member_id, u.unit, u.category, sum(u.points)::bigint AS points,
       coalesce(sum(u.points) FILTER (WHERE u.service <> ''), 0)::bigint AS at_tills
FROM entitlements_allowance_use u
WHERE u.month = %s AND u.member_id = ANY(%s::bigint[]) AND u.points > 0
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
