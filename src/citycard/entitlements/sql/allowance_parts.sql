SELECT k.month, k.unit, k.member_id, k.category, sum(u.points)::bigint AS points
FROM unnest(%s::date[], %s::text[], %s::bigint[], %s::text[]) AS k(month, unit, member_id, category)
JOIN entitlements_allowance_use u
  ON u.member_id = k.member_id AND u.month = k.month AND u.unit = k.unit AND u.category = k.category
GROUP BY 1, 2, 3, 4
