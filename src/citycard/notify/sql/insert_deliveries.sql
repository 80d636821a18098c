INSERT INTO notify_delivery (message_id, channel, state, price_ntd, billed_by)
SELECT message_id, %(channel)s, 'waiting', price_ntd, billed_by
FROM unnest(%(messages)s::bigint[], %(prices)s::integer[], %(billed)s::text[]) AS d(message_id, price_ntd, billed_by)
ON CONFLICT (message_id, channel) DO NOTHING
RETURNING id
