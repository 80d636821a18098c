INSERT INTO notify_delivery (message_id, channel, state)
SELECT unnest(%(messages)s::bigint[]), %(channel)s, 'waiting'
ON CONFLICT (message_id, channel) DO NOTHING
RETURNING id
