-- Marks of volunteers, cut into stretches wherever a gap is longer than any shift; those stretches that hold
-- one of the marks asked for. A tap can change nothing beyond its own stretch.
WITH touched AS (
    SELECT id, member_id, organiser FROM activities_volunteer_mark WHERE id = ANY (%(ids)s::bigint[])
), marks AS (
    SELECT m.id, m.key, m.member_id, m.organiser, m.at, m.direction, m.place, m.reader_id, m.epoch, m.seq,
           (m.at - lag(m.at) OVER own > %(longest)s::interval)::int AS begins
    FROM activities_volunteer_mark m
    WHERE (m.member_id, m.organiser) IN (SELECT member_id, organiser FROM touched)
    WINDOW own AS (PARTITION BY m.member_id, m.organiser ORDER BY m.at, m.reader_id, m.epoch, m.seq)
), stretches AS (
    SELECT marks.*, coalesce(sum(begins) OVER own, 0) AS stretch FROM marks
    WINDOW own AS (PARTITION BY member_id, organiser ORDER BY at, reader_id, epoch, seq)
)
SELECT s.key, s.member_id, s.organiser, s.at, s.direction, s.place, s.reader_id, s.epoch, s.seq
FROM stretches s
WHERE (s.member_id, s.organiser, s.stretch) IN (
    SELECT t.member_id, t.organiser, x.stretch FROM touched t JOIN stretches x ON x.id = t.id)
ORDER BY s.member_id, s.organiser, s.at, s.reader_id, s.epoch, s.seq
