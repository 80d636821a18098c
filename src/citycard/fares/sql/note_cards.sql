INSERT INTO fares_month_card (local_month, card_key, rider)
SELECT %(month)s::date, card_key, rider
FROM unnest(%(cards)s::bigint[], %(riders)s::bigint[]) AS c(card_key, rider) ORDER BY card_key, rider
ON CONFLICT DO NOTHING
