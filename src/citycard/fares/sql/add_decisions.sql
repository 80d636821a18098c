-- A decision for each rider whose rides changed; a rider's revisions count up.
WITH numbered AS (
    UPDATE fares_month m SET revision = m.revision + 1
    FROM unnest(%(riders)s::bigint[]) AS r(rider)
    WHERE m.local_month = %(month)s AND m.rider = r.rider
    RETURNING m.rider, m.revision
)
INSERT INTO fares_decision (rider, local_month, book_id, revision, points_open, decided_at, bindings, rights)
SELECT d.rider, %(month)s, %(book)s, n.revision, d.points_open, %(now)s, d.bindings::bigint[], d.rights::bigint[]
FROM unnest(%(riders)s::bigint[], %(points)s::integer[], %(bindings)s::text[], %(rights)s::text[])
     AS d(rider, points_open, bindings, rights)
JOIN numbered n ON n.rider = d.rider
RETURNING id, rider
