-- What each ride takes of the allowance now, 0 for one that took some once; but for those of which just that is posted.
-- A ride is known by its rider and instant where no other began at the same: of two that did, both are told. Rides and what is
-- posted are put beside each other in one pass over both: how many there are of either is a guess in a month that has just begun,
-- and a join that is planned for few walks all of the one for each of the other.
WITH ride AS (
    SELECT r.rider, r.boarded_at, r.reader_id, r.epoch, r.seq,
           coalesce(sum(r.points) FILTER (WHERE r.closed_at IS NULL), 0)::integer AS points,
           (array_agg(r.operator_id ORDER BY r.revision DESC))[1] AS operator_id,
           (array_agg(r.category ORDER BY r.revision DESC) FILTER (WHERE r.points > 0))[1] AS category,
           max(r.revision) FILTER (WHERE r.points > 0) AS revision
    FROM fares_ride r
    WHERE r.local_month = %(month)s AND r.rider = ANY (%(members)s::bigint[])
    GROUP BY r.rider, r.boarded_at, r.reader_id, r.epoch, r.seq
    HAVING max(r.points) > 0),
said AS (
    SELECT ride.*, 0 AS uses, NULL::integer AS had, NULL::integer AS wanted, NULL::text AS word, NULL::text AS partner
    FROM ride
    UNION ALL
    SELECT u.member_id, u.at, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, u.points, u.wanted, u.category, u.partner
    FROM pub.entitlements_uses u
    WHERE u.month = %(month)s AND u.member_id = ANY (%(members)s::bigint[]) AND u.unit = %(unit)s),
beside AS (
    SELECT rider, boarded_at, reader_id, epoch, seq, points, operator_id, category, revision,
           count(reader_id) OVER same = 1 AND sum(uses) OVER same = 1 AS is_one,
           max(had) OVER same AS had, max(wanted) OVER same AS wanted,
           max(word) OVER same AS word, max(partner) OVER same AS partner
    FROM said
    WINDOW same AS (PARTITION BY rider, boarded_at)),
other AS (
    SELECT r.*, o.code AS operator, b.categories[r.category + 1] AS takes
    FROM beside r
    JOIN fares_decision d ON d.rider = r.rider AND d.local_month = %(month)s AND d.revision = r.revision
    JOIN fares_book b ON b.id = d.book_id
    JOIN fares_term o ON o.id = r.operator_id
    WHERE NOT (r.is_one AND (r.had, r.wanted, r.word, r.partner)
               IS NOT DISTINCT FROM (r.points, r.points, b.categories[r.category + 1], o.code))
    ORDER BY r.rider, r.boarded_at, r.reader_id, r.epoch, r.seq)
SELECT array_agg(rider) AS riders, array_agg(reader_id) AS readers, array_agg(epoch) AS epochs, array_agg(seq) AS seqs,
       array_agg((extract(epoch FROM boarded_at) * 1000000)::bigint) AS us, array_agg(takes) AS categories,
       array_agg(points) AS points, array_agg(operator) AS operators
FROM other
