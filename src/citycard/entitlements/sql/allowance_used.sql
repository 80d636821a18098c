UPDATE entitlements_allowance a
SET used = a.used + n.points,
    granted = greatest(CASE WHEN a.returned THEN 0 ELSE a.amount END, a.used + n.points),
    revision = a.revision + n.revisions
FROM unnest(%s::date[], %s::text[], %s::bigint[], %s::bigint[], %s::integer[])
     AS n(month, unit, member_id, points, revisions)
WHERE a.month = n.month AND a.unit = n.unit AND a.member_id = n.member_id
