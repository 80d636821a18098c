WITH parts AS (SELECT * FROM unnest(%s::text[], %s::text[], %s::date[], %s::bigint[]) AS p(category, part, day, most)),
used AS (
    SELECT u.member_id, u.month, p.part, sum(u.points)::bigint AS points
    FROM entitlements_allowance_use u
    JOIN (SELECT DISTINCT category, part FROM parts) p USING (category)
    WHERE u.unit = %s AND u.points > 0 GROUP BY 1, 2, 3)
SELECT u.member_id, u.month, u.part, u.points, m.most
FROM used u
CROSS JOIN LATERAL (
    SELECT p.most FROM parts p WHERE p.part = u.part AND p.day <= u.month ORDER BY p.day DESC LIMIT 1) m
WHERE u.points > m.most
ORDER BY u.month, u.member_id LIMIT 100
