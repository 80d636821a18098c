SELECT u.key, u.points, u.stored_value_ntd, u.cash_ntd, u.why
FROM unnest(%s::date[], %s::uuid[]) AS k(month, key)
CROSS JOIN LATERAL (
    SELECT * FROM entitlements_allowance_use u WHERE u.month = k.month AND u.key = k.key LIMIT 1) u
WHERE u.price_ntd IS NOT NULL
