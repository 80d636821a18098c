SELECT u.category, count(*) AS uses, sum(u.points)::bigint AS points, count(DISTINCT u.member_id) AS people
FROM entitlements_allowance_use u
JOIN entitlements_allowance a ON a.month = u.month AND a.unit = u.unit AND a.member_id = u.member_id
WHERE u.month = %s AND u.unit = %s AND u.points > 0 AND a.entitlement = ANY(%s::text[])
GROUP BY u.category ORDER BY sum(u.points) DESC, u.category
