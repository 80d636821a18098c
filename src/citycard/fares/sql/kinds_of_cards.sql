SELECT card_id, coalesce(array_position(%(kinds)s::text[], kind), 0) - 1
FROM pub.cards WHERE card_id = ANY (%(cards)s::bigint[]) ORDER BY card_id
