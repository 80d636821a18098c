-- Whose cards these members held at any time of a month.
SELECT DISTINCT card_id FROM pub.bindings
WHERE member_id = ANY (%(members)s::bigint[]) AND bound && tstzrange(%(start)s, %(end)s)
ORDER BY card_id
