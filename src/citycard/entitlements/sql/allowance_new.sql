-- In order of members, so that two that insert the same ones can't cross.
WITH n AS MATERIALIZED (
    SELECT n.*, n.told::jsonb AS because
    FROM unnest(%(members)s::bigint[], %(rights)s::text[], %(funds)s::bigint[], %(amounts)s::bigint[], %(starts)s::date[],
                %(ends)s::date[], %(returned)s::boolean[], %(days)s::date[], %(because)s::text[])
         AS n(member_id, entitlement, fund, amount, starts_on, ends_on, returned, decided_on, told)),
ground AS MATERIALIZED (SELECT * FROM entitlements_grounds(%(pack_hash)s, %(because)s::text[]))
INSERT INTO entitlements_allowance
    (month, unit, member_id, entitlement, fund, amount, starts_on, ends_on, returned, granted, decided_on, ground,
     decided_at)
SELECT %(month)s::date, %(unit)s, n.member_id, n.entitlement, n.fund, n.amount, n.starts_on, n.ends_on, n.returned,
       CASE WHEN n.returned THEN 0 ELSE n.amount END, n.decided_on, g.id, %(now)s
FROM n JOIN ground g ON g.because = n.because
ORDER BY n.member_id
ON CONFLICT DO NOTHING RETURNING member_id
