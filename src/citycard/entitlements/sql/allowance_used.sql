UPDATE entitlements_allowance a
SET used = a.used + n.points,
    granted = greatest(CASE WHEN a.returned THEN 0 ELSE a.amount END, a.used + n.points),
    revision = a.revision + CASE WHEN n.topped THEN 1 ELSE 0 END
FROM unnest(%s::date[], %s::text[], %s::bigint[], %s::bigint[], %s::boolean[])
     AS n(month, unit, member_id, points, topped)
WHERE a.month = n.month AND a.unit = n.unit AND a.member_id = n.member_id
