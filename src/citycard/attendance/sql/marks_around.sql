-- The marks from the last whole stay before the new ones on: where such a stay begins, nothing of before matters,
-- so a mark that comes in its turn costs the same in the first year and in the tenth.
WITH touched AS (
    SELECT member_id, kind, agency, min(at) AS at
    FROM attendance_mark WHERE id = ANY (%(ids)s::bigint[]) GROUP BY 1, 2, 3
), bounds AS (
    SELECT t.member_id, t.kind, t.agency, coalesce(s.starts_at, '-infinity') AS since
    FROM touched t
    LEFT JOIN LATERAL (
        SELECT s.starts_at FROM attendance_stay s
        WHERE s.member_id = t.member_id AND s.kind = t.kind AND s.agency = t.agency
          AND s.state = 'whole' AND s.word_id IS NULL AND s.starts_at < t.at AND s.ends_at < t.at
        ORDER BY s.starts_at DESC LIMIT 1
    ) s ON true
)
SELECT m.member_id, m.kind, m.agency, m.at, m.reader_id, m.epoch, m.seq, m.key, m.direction, m.place
FROM bounds b
JOIN attendance_mark m ON m.member_id = b.member_id AND m.kind = b.kind AND m.agency = b.agency
                      AND m.at >= b.since
