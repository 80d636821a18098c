-- Note which version readers say that they hold, and count them for each lost card that they know of since.
WITH said AS (
    SELECT s.*, coalesce(r.version, -1) AS held
    FROM unnest(%(readers)s::bigint[], %(services)s::text[], %(versions)s::integer[], %(ats)s::timestamptz[])
         AS s(reader_id, service, version, at)
    LEFT JOIN cards_reader_snapshot r ON r.reader_id = s.reader_id AND r.service = s.service
), learned AS (
    SELECT h.card_id, h.service, count(*) AS readers, max(s.at) AS at
    FROM said s
    JOIN cards_hotlisting h ON h.service = s.service AND h.version > s.held AND h.version <= s.version
    GROUP BY h.card_id, h.service
), counted AS (
    UPDATE cards_hotlisting h
    SET known = h.known + l.readers, last_known_at = greatest(h.last_known_at, l.at)
    FROM learned l WHERE h.card_id = l.card_id AND h.service = l.service
)
INSERT INTO cards_reader_snapshot AS r (reader_id, service, version, since, seen_at)
SELECT reader_id, service, version, at, at FROM said ORDER BY reader_id
ON CONFLICT (reader_id) DO UPDATE
SET service = EXCLUDED.service, seen_at = EXCLUDED.seen_at,
    version = CASE WHEN r.service = EXCLUDED.service THEN greatest(r.version, EXCLUDED.version)
                   ELSE EXCLUDED.version END,
    since = CASE WHEN r.service = EXCLUDED.service AND r.version >= EXCLUDED.version THEN r.since
                 ELSE EXCLUDED.since END
