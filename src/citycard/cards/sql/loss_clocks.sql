-- When lists with some lost cards went out, and how many of the readers that carry such lists said that they hold them.
WITH listening AS (
    SELECT r.service, count(*) AS readers
    FROM cards_reader_snapshot r
    JOIN pub.devices d ON d.device_id = r.reader_id AND d.state = 'active'
    GROUP BY r.service
)
SELECT h.card_id,
       -- A service that began later has named the card from its first list on: that kept nobody waiting.
       coalesce(max(h.published_at) FILTER (WHERE h.version > 1), max(h.published_at)) AS published_at,
       sum(h.known)::bigint AS known,
       max(h.last_known_at) AS last_known_at, coalesce(sum(l.readers), 0)::bigint AS readers
FROM cards_hotlisting h
LEFT JOIN listening l ON l.service = h.service
WHERE h.card_id = ANY(%(cards)s::bigint[])
GROUP BY h.card_id
