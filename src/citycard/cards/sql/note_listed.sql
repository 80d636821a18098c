-- Note that lost cards stand in a version of a service's list. Of one that went out before, some readers hold it already.
INSERT INTO cards_hotlisting (card_id, service, version, reported_at, published_at, known, last_known_at)
SELECT c.id, %(service)s, %(version)s, c.state_at, greatest(%(at)s, c.state_at), held.readers, held.since
FROM cards_card c
CROSS JOIN (
    SELECT count(*) AS readers, max(r.since) AS since FROM cards_reader_snapshot r
    JOIN pub.devices d ON d.device_id = r.reader_id AND d.state = 'active'
    WHERE r.service = %(service)s AND r.version >= %(version)s
) held
WHERE c.id = ANY(%(cards)s::bigint[])
ON CONFLICT DO NOTHING
