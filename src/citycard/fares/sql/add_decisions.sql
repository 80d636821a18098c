-- A decision for each rider whose rides changed; a rider's revisions count up. The versions of all stand one after the
-- other: each rider's are a stretch of them.
WITH numbered AS (
    UPDATE fares_month m SET revision = m.revision + 1
    FROM unnest(%(riders)s::bigint[]) AS r(rider)
    WHERE m.local_month = %(month)s::date AND m.rider = r.rider
    RETURNING m.rider, m.revision
), added AS (
    INSERT INTO fares_decision (rider, local_month, book_id, revision, points_open, decided_at, bindings, rights)
    SELECT d.rider, %(month)s::date, %(book)s::integer, n.revision, d.points_open, %(now)s::timestamptz,
           (%(bindings)s::bigint[])[d.bindings_from:d.bindings_to], (%(rights)s::bigint[])[d.rights_from:d.rights_to]
    FROM unnest(%(riders)s::bigint[], %(points)s::integer[], %(bindings_from)s::integer[], %(bindings_to)s::integer[],
                %(rights_from)s::integer[], %(rights_to)s::integer[])
         AS d(rider, points_open, bindings_from, bindings_to, rights_from, rights_to)
    JOIN numbered n ON n.rider = d.rider
    RETURNING id, rider
)
SELECT array_agg(rider), array_agg(id) FROM added
