INSERT INTO notify_delivery (message_id, channel, state, price_ntd)
SELECT message_id, %(channel)s, 'waiting', price_ntd
FROM unnest(%(messages)s::bigint[], %(prices)s::integer[]) AS d(message_id, price_ntd)
ON CONFLICT (message_id, channel) DO NOTHING
RETURNING id
