-- Whose some cards were in a month, and of which kind they are.
SELECT b.card_id, coalesce(lower(b.bound), '-infinity'), coalesce(upper(b.bound), 'infinity'), b.member_id, b.binding_id
FROM pub.bindings b
WHERE b.card_id = ANY (%(cards)s::bigint[]) AND b.bound && tstzrange(%(start)s, %(end)s)
ORDER BY b.card_id, lower(b.bound) NULLS FIRST
