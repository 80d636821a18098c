-- In order of members, so that two that insert the same ones can't cross.
INSERT INTO entitlements_allowance
    (month, unit, member_id, entitlement, fund, amount, starts_on, ends_on, returned, granted, decided_on,
     because, pack_hash, decided_at)
SELECT %(month)s::date, %(unit)s, n.member_id, n.entitlement, n.fund, n.amount, n.starts_on, n.ends_on, n.returned,
       CASE WHEN n.returned THEN 0 ELSE n.amount END, n.decided_on, n.because::jsonb, %(pack_hash)s, %(now)s
FROM unnest(%(members)s::bigint[], %(rights)s::text[], %(funds)s::bigint[], %(amounts)s::bigint[],
            %(starts)s::date[], %(ends)s::date[], %(returned)s::boolean[], %(days)s::date[], %(because)s::text[])
     AS n(member_id, entitlement, fund, amount, starts_on, ends_on, returned, decided_on, because)
ORDER BY n.member_id
ON CONFLICT DO NOTHING RETURNING member_id
