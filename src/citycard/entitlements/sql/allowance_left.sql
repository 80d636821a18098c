-- What is left to rides of members' allowances of a unit and month: all but what tills were answered.
SELECT array_agg(a.member_id), array_agg(greatest(0, a.amount - coalesce(t.points, 0))), array_agg(a.starts_on)
FROM entitlements_allowance a
LEFT JOIN (
    SELECT member_id, sum(points)::bigint AS points FROM entitlements_allowance_use
    WHERE month = %(month)s::date AND unit = %(unit)s::text AND member_id = ANY (%(members)s::bigint[]) AND service <> ''
    GROUP BY member_id
) t ON t.member_id = a.member_id
WHERE a.month = %(month)s::date AND a.unit = %(unit)s::text AND a.member_id = ANY (%(members)s::bigint[])
