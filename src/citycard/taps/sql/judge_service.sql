-- What each card is at an instant, whose, and which of some rights it carries that day: for a question, not a tap.
SELECT c.card_id, c.kind, c.expires_on, s.service,
       CASE WHEN c.state_at <= %(at)s THEN c.state ELSE pub.card_state_at(c.card_id, %(at)s) END AS card_state,
       b.member_id, w.member_id AS last_holder,
       (%(needs)s::text IS NULL OR coalesce(%(needs)s = ANY(h.held), false)) AS entitled,
       coalesce(h.held, ARRAY[]::text[]) AS held
FROM unnest(%(issuers)s::text[], %(kinds)s::text[], %(numbers)s::text[])
     WITH ORDINALITY AS r(issuer, number_kind, number, n)
CROSS JOIN (SELECT %(service)s::text AS service) s
LEFT JOIN pub.card_numbers k
       ON k.issuer = r.issuer AND k.number_kind = r.number_kind AND k.number = r.number
LEFT JOIN pub.cards c ON c.card_id = k.card_id
LEFT JOIN pub.bindings b ON b.card_id = c.card_id AND b.bound @> %(at)s::timestamptz
LEFT JOIN LATERAL (
    SELECT x.member_id FROM pub.bindings x
    WHERE x.card_id = c.card_id AND lower(x.bound) <= %(at)s::timestamptz
    ORDER BY lower(x.bound) DESC LIMIT 1
) w ON true
LEFT JOIN LATERAL (
    SELECT array_agg(DISTINCT g.entitlement) AS held
    FROM pub.rights g
    JOIN unnest(%(rights)s::text[], %(one_card)s::boolean[]) AS a(entitlement, one_card)
         ON a.entitlement = g.entitlement
    WHERE g.member_id = b.member_id AND g.valid @> %(day)s::date
      AND (NOT a.one_card OR EXISTS (
          SELECT FROM pub.right_cards t WHERE t.card_id = c.card_id AND t.member_id = g.member_id
             AND t.entitlement = g.entitlement AND t.bound @> %(at)s::timestamptz))
) h ON true
ORDER BY r.n
