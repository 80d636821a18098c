-- What each ride takes of the allowance now; 0 for one that took some once.
SELECT r.rider, r.reader_id, r.epoch, r.seq, r.boarded_at,
       coalesce(sum(r.points) FILTER (WHERE r.closed_at IS NULL), 0)::integer AS points,
       (array_agg(o.code ORDER BY r.decision_id DESC))[1] AS operator,
       (array_agg(b.categories[r.category + 1] ORDER BY r.decision_id DESC) FILTER (WHERE r.points > 0))[1] AS category
FROM fares_ride r
JOIN fares_decision d ON d.id = r.decision_id
JOIN fares_book b ON b.id = d.book_id
JOIN fares_term o ON o.id = r.operator_id
WHERE r.local_month = %(month)s AND r.rider = ANY (%(members)s::bigint[])
GROUP BY r.rider, r.reader_id, r.epoch, r.seq, r.boarded_at
HAVING max(r.points) > 0
ORDER BY r.rider, r.boarded_at, r.reader_id, r.epoch, r.seq
