-- Which card carries a right that only one of a person's cards may, when, in a month; by card.
SELECT t.card_id, coalesce(lower(t.bound), '-infinity'), coalesce(upper(t.bound), 'infinity'), t.member_id,
       array_position(%(codes)s::text[], t.entitlement) - 1
FROM pub.right_cards t
WHERE t.member_id = ANY (%(members)s::bigint[]) AND t.entitlement = ANY (%(codes)s::text[])
  AND t.bound && tstzrange(%(start)s, %(end)s)
ORDER BY t.card_id, lower(t.bound)
