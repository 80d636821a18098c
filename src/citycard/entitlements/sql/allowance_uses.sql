SELECT u.key, u.member_id, u.unit, u.category, u.into_code, u.wanted, u.points, u.why, u.revision, u.moves, u.moved
FROM unnest(%s::date[], %s::uuid[]) AS k(month, key)
CROSS JOIN LATERAL (
    SELECT * FROM entitlements_allowance_use u
    WHERE u.month = k.month AND u.key = k.key
      AND u.month = ANY (%s::date[]) -- told beforehand: other months' partitions are not even planned for
    LIMIT 1) u
