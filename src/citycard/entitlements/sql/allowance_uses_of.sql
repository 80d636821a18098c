SELECT u.key, u.at, u.category, u.service, u.into_code, u.points, u.wanted, u.why, u.price_ntd, u.stored_value_ntd,
       u.cash_ntd
FROM entitlements_allowance_use u
WHERE u.member_id = %s AND u.month = %s AND u.unit = %s AND (u.points > 0 OR u.wanted > 0)
ORDER BY u.at DESC, u.key LIMIT %s
