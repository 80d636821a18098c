-- What each ride takes of the allowance now, 0 for one that took some once; but for those of which just that is posted.
-- A ride is known by its rider and instant where no other began at the same: of two that did, both are told.
WITH ride AS MATERIALIZED (
    SELECT r.rider, r.reader_id, r.epoch, r.seq, r.boarded_at,
           coalesce(sum(r.points) FILTER (WHERE r.closed_at IS NULL), 0)::integer AS points,
           (array_agg(r.operator_id ORDER BY r.revision DESC))[1] AS operator_id,
           (array_agg(r.category ORDER BY r.revision DESC) FILTER (WHERE r.points > 0))[1] AS category,
           max(r.revision) FILTER (WHERE r.points > 0) AS revision,
           count(*) OVER (PARTITION BY r.rider, r.boarded_at) AS rides
    FROM fares_ride r
    WHERE r.local_month = %(month)s AND r.rider = ANY (%(members)s::bigint[])
    GROUP BY r.rider, r.boarded_at, r.reader_id, r.epoch, r.seq
    HAVING max(r.points) > 0),
posted AS MATERIALIZED (
    SELECT u.member_id, u.at, count(*) AS uses, min(u.points) AS points, min(u.wanted) AS wanted,
           min(u.category) AS category, min(u.partner) AS partner
    FROM pub.entitlements_uses u
    WHERE u.month = %(month)s AND u.member_id = ANY (%(members)s::bigint[]) AND u.unit = %(unit)s
    GROUP BY u.member_id, u.at),
other AS (
    SELECT r.*, o.code AS operator, b.categories[r.category + 1] AS word
    FROM ride r
    JOIN fares_decision d ON d.rider = r.rider AND d.local_month = %(month)s AND d.revision = r.revision
    JOIN fares_book b ON b.id = d.book_id
    JOIN fares_term o ON o.id = r.operator_id
    LEFT JOIN posted p ON p.member_id = r.rider AND p.at = r.boarded_at AND p.uses = 1 AND r.rides = 1
    WHERE (p.points, p.wanted, p.category, p.partner)
          IS DISTINCT FROM (r.points, r.points, b.categories[r.category + 1], o.code)
    ORDER BY r.rider, r.boarded_at, r.reader_id, r.epoch, r.seq)
SELECT array_agg(rider) AS riders, array_agg(reader_id) AS readers, array_agg(epoch) AS epochs, array_agg(seq) AS seqs,
       array_agg((extract(epoch FROM boarded_at) * 1000000)::bigint) AS us, array_agg(word) AS categories,
       array_agg(points) AS points, array_agg(operator) AS operators
FROM other
