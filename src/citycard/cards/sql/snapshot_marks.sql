-- The numbers of the cards in force that open a service on a day: those whose holder has the right, as far as the
-- card carries it, or any card that is somebody's where no right is asked.
SELECT n.issuer, n.number_kind, n.number
FROM cards_card c
JOIN cards_card_number n ON n.card_id = c.id
JOIN unnest(%(issuers)s::text[], %(kinds)s::text[]) AS k(issuer, number_kind)
  ON k.issuer = n.issuer AND k.number_kind = n.number_kind
WHERE c.state = 'active' AND (c.expires_on IS NULL OR c.expires_on > %(on)s::date)
  AND (%(cards)s::bigint[] IS NULL OR c.id = ANY(%(cards)s::bigint[]))
  AND CASE WHEN %(entitlement)s::text IS NULL
           THEN EXISTS (SELECT FROM cards_binding b
                        WHERE b.card_id = c.id AND upper_inf(b.recorded) AND upper_inf(b.bound))
           ELSE EXISTS (SELECT FROM pub.holdings h
                        WHERE h.card_id = c.id AND h.entitlement = %(entitlement)s AND h.valid @> %(on)s::date)
      END
