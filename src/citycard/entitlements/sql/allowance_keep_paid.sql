INSERT INTO entitlements_allowance_use AS u
    (month, key, member_id, unit, category, service, at, into_code, wanted, points, why, price_ntd, stored_value_ntd,
     cash_ntd, set_at)
SELECT n.month, n.key, n.member_id, n.unit, n.category, n.service, n.at, '', n.wanted, 0, n.why, n.price, n.stored_value, n.cash, %(now)s
FROM unnest(%(months)s::date[], %(keys)s::uuid[], %(members)s::bigint[], %(units)s::text[], %(categories)s::text[],
            %(services)s::text[], %(ats)s::timestamptz[], %(wanted)s::bigint[], %(why)s::text[],
            %(prices)s::bigint[], %(stored)s::bigint[], %(cash)s::bigint[])
     AS n(month, key, member_id, unit, category, service, at, wanted, why, price, stored_value, cash)
ON CONFLICT (month, key) DO UPDATE
SET price_ntd = EXCLUDED.price_ntd, stored_value_ntd = EXCLUDED.stored_value_ntd, cash_ntd = EXCLUDED.cash_ntd
