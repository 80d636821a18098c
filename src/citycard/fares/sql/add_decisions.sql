-- A decision for each rider whose rides changed; the revisions of a rider's month, which is locked, count up. The versions
-- of all stand one after the other: each rider's are a stretch of them.
WITH added AS (
    INSERT INTO fares_decision (rider, local_month, book_id, revision, points_open, decided_at, bindings, rights)
    SELECT d.rider, %(month)s::date, %(book)s::integer, 1 + coalesce((
               SELECT max(b.revision) FROM fares_decision b WHERE b.rider = d.rider AND b.local_month = %(month)s::date), 0),
           d.points_open, %(now)s::timestamptz,
           (%(bindings)s::bigint[])[d.bindings_from:d.bindings_to], (%(rights)s::bigint[])[d.rights_from:d.rights_to]
    FROM unnest(%(riders)s::bigint[], %(points)s::integer[], %(bindings_from)s::integer[], %(bindings_to)s::integer[],
                %(rights_from)s::integer[], %(rights_to)s::integer[])
         AS d(rider, points_open, bindings_from, bindings_to, rights_from, rights_to)
    RETURNING rider, revision
)
SELECT array_agg(rider), array_agg(revision) FROM added
