-- The last four characters of a card's number: the printed one where it has one.
SELECT DISTINCT ON (card_id) card_id, right(number, 4) AS tail
FROM pub.card_numbers WHERE card_id = ANY(%s::bigint[])
ORDER BY card_id, number_kind <> 'printed', number_kind
