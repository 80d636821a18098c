-- For each card that a reader asks about now: what it is, whose, and whether its holder has what the reader's
-- service needs.
SELECT d.state AS reader_state, coalesce(d.service, '') AS service, coalesce(d.agency, '') AS agency,
       c.card_id, c.kind, c.expires_on,
       CASE WHEN c.state_at <= %(at)s THEN c.state ELSE pub.card_state_at(c.card_id, %(at)s) END AS card_state,
       b.member_id, (s.entitlement IS NULL OR h.member_id IS NOT NULL) AS entitled
FROM unnest(%(issuers)s::text[], %(kinds)s::text[], %(numbers)s::text[])
     WITH ORDINALITY AS r(issuer, number_kind, number, n)
LEFT JOIN pub.devices d ON d.device_id = %(reader)s
LEFT JOIN pub.card_numbers k
       ON k.issuer = r.issuer AND k.number_kind = r.number_kind AND k.number = r.number
LEFT JOIN pub.cards c ON c.card_id = k.card_id
LEFT JOIN pub.bindings b ON b.card_id = c.card_id AND b.bound @> %(at)s::timestamptz
LEFT JOIN unnest(%(services)s::text[], %(entitlements)s::text[], %(one_card)s::boolean[])
       AS s(service, entitlement, one_card)
       ON s.service = d.service
LEFT JOIN LATERAL (
    SELECT g.member_id FROM pub.rights g
    WHERE g.member_id = b.member_id AND g.entitlement = s.entitlement AND g.valid @> %(day)s::date
      AND (NOT s.one_card OR EXISTS (
          SELECT FROM pub.right_cards t WHERE t.card_id = c.card_id AND t.member_id = g.member_id
             AND t.entitlement = g.entitlement AND t.bound @> %(at)s::timestamptz))
    LIMIT 1
) h ON true
ORDER BY r.n
