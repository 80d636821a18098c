-- A decision for each rider whose rides changed; the revisions of a rider's month, which is locked, count up. The versions
-- of all stand one after the other: each rider's are a stretch of them. What stands is read once and before anything is
-- added: looked for rider by rider, a table that was empty a moment ago is walked whole each time, with all that was added.
WITH decided AS (
    SELECT rider, points_open, bindings_from, bindings_to, rights_from, rights_to, NULL::integer AS revision
    FROM unnest(%(riders)s::bigint[], %(points)s::integer[], %(bindings_from)s::integer[], %(bindings_to)s::integer[],
                %(rights_from)s::integer[], %(rights_to)s::integer[])
         AS d(rider, points_open, bindings_from, bindings_to, rights_from, rights_to)
    UNION ALL
    SELECT b.rider, NULL, NULL, NULL, NULL, NULL, b.revision
    FROM fares_decision b WHERE b.local_month = %(month)s::date AND b.rider = ANY (%(riders)s::bigint[])
), added AS (
    INSERT INTO fares_decision (rider, local_month, book_id, revision, points_open, decided_at, bindings, rights)
    SELECT rider, %(month)s::date, %(book)s::integer, 1 + coalesce(max(revision), 0), max(points_open), %(now)s::timestamptz,
           (%(bindings)s::bigint[])[max(bindings_from):max(bindings_to)], (%(rights)s::bigint[])[max(rights_from):max(rights_to)]
    FROM decided GROUP BY rider
    RETURNING rider, revision
)
SELECT array_agg(rider), array_agg(revision) FROM added
