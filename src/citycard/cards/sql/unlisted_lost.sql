-- Lost cards that belong on a service's list, and of which nothing is noted there yet.
SELECT c.id
FROM cards_card c
WHERE c.state = 'lost' AND c.state_at > %(since)s
  AND (%(cards)s::bigint[] IS NULL OR c.id = ANY(%(cards)s::bigint[]))
  AND EXISTS (
      SELECT FROM cards_card_number n
      JOIN unnest(%(issuers)s::text[], %(kinds)s::text[]) AS k(issuer, number_kind)
        ON k.issuer = n.issuer AND k.number_kind = n.number_kind
      WHERE n.card_id = c.id)
  AND NOT EXISTS (SELECT FROM cards_hotlisting h WHERE h.card_id = c.id AND h.service = %(service)s)
ORDER BY c.id
