WITH n AS MATERIALIZED (
    SELECT n.*, n.told::jsonb AS because
    FROM unnest(%(members)s::bigint[], %(rights)s::text[], %(amounts)s::bigint[], %(starts)s::date[],
                %(ends)s::date[], %(returned)s::boolean[], %(granted)s::bigint[], %(days)s::date[], %(because)s::text[])
         AS n(member_id, entitlement, amount, starts_on, ends_on, returned, granted, decided_on, told)),
ground AS MATERIALIZED (SELECT * FROM entitlements_grounds(%(pack_hash)s, %(because)s::text[])),
kept AS (
    INSERT INTO entitlements_allowance_before
        (month, unit, member_id, revision, entitlement, amount, starts_on, ends_on, returned, decided_on, because,
         pack_hash, decided_at, replaced_at, replaced_by)
    SELECT a.month, a.unit, a.member_id, a.revision, a.entitlement, a.amount, a.starts_on, a.ends_on, a.returned,
           a.decided_on, g.because, g.pack_hash, a.decided_at, %(now)s, %(actor)s
    FROM entitlements_allowance a JOIN n USING (member_id) JOIN entitlements_allowance_ground g ON g.id = a.ground
    WHERE a.month = %(month)s AND a.unit = %(unit)s)
UPDATE entitlements_allowance a
SET entitlement = n.entitlement, amount = n.amount, starts_on = n.starts_on, ends_on = n.ends_on,
    returned = n.returned, granted = n.granted, decided_on = n.decided_on, ground = g.id,
    revision = a.revision + 1, decided_at = %(now)s
FROM n JOIN ground g ON g.because = n.because
WHERE a.month = %(month)s AND a.unit = %(unit)s AND a.member_id = n.member_id
