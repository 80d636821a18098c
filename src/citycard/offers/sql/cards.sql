-- The cards that readers read: kind, state, and what they open on each visit's own day.
SELECT w.place, c.card_id, n.member_id, c.kind, c.state, c.expires_on,
       coalesce((SELECT array_agg(h.entitlement) FROM pub.holdings h
                 WHERE h.card_id = c.card_id AND h.valid @> w.day), '{}') AS rights,
       (SELECT f.day FROM offers_first_day f WHERE f.offer = w.offer AND f.card_id = c.card_id) AS first_day
FROM unnest(%(places)s::int[], %(offers)s::text[], %(days)s::date[], %(issuers)s::text[],
            %(kinds)s::text[], %(numbers)s::text[]) AS w(place, offer, day, issuer, number_kind, number)
JOIN pub.card_numbers n
  ON n.issuer = w.issuer AND n.number_kind = w.number_kind AND n.number = w.number
JOIN pub.cards c ON c.card_id = n.card_id
