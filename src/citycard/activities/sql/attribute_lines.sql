-- For each line of an agency's own system: the card, whose it was and whether its holder could collect, at the line's
-- own time. A number without its kind is looked for under every kind that the city knows; two candidates are none.
SELECT r.n, r.entitlement, c.kind, c.expires_on,
       CASE WHEN c.state_at <= r.at THEN c.state ELSE pub.card_state_at(c.card_id, r.at) END AS card_state,
       coalesce(b.member_id, nullif(r.member_id, 0)) AS member_id,
       r.entitlement = '' OR EXISTS (
           SELECT 1 FROM pub.rights g
           WHERE g.member_id = coalesce(b.member_id, nullif(r.member_id, 0))
             AND g.entitlement = r.entitlement AND g.valid @> r.day) AS entitled
FROM unnest(%(ats)s::timestamptz[], %(days)s::date[], %(issuers)s::text[], %(kinds)s::text[], %(numbers)s::text[],
            %(chip_ids)s::text[], %(uids)s::text[], %(members)s::bigint[], %(entitlements)s::text[])
     WITH ORDINALITY AS r(at, day, issuer, number_kind, number, chip_id, uid, member_id, entitlement, n)
LEFT JOIN LATERAL (
    SELECT count(DISTINCT found.card_id) AS cards, min(found.card_id) AS card_id
    FROM unnest(%(known_issuers)s::text[], %(known_kinds)s::text[]) AS p(issuer, number_kind)
    JOIN pub.card_numbers found
         ON found.issuer = p.issuer AND found.number_kind = p.number_kind
        AND found.number = CASE p.number_kind WHEN 'chip_id' THEN r.chip_id WHEN 'uid' THEN r.uid ELSE r.number END
    WHERE r.number <> '' AND (r.issuer = '' OR p.issuer = r.issuer)
      AND (r.number_kind = '' OR p.number_kind = r.number_kind)) k ON true
LEFT JOIN pub.cards c ON c.card_id = k.card_id AND k.cards = 1
LEFT JOIN pub.bindings b ON b.card_id = c.card_id AND b.bound @> r.at
ORDER BY r.n
