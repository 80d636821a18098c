-- The numbers of the cards that are out of use: those that ended of late, and those that are stopped.
SELECT n.issuer, n.number_kind, n.number
FROM cards_card c
JOIN cards_card_number n ON n.card_id = c.id
JOIN unnest(%(issuers)s::text[], %(kinds)s::text[]) AS k(issuer, number_kind)
  ON k.issuer = n.issuer AND k.number_kind = n.number_kind
WHERE (c.state = 'suspended' OR (c.state IN ('lost', 'returned', 'expired', 'retired') AND c.state_at > %(since)s))
  AND (%(cards)s::bigint[] IS NULL OR c.id = ANY(%(cards)s::bigint[]))
