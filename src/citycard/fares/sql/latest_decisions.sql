-- The latest decision of each rider's month: everything that is in force was worked out by it, or came out the same.
SELECT DISTINCT ON (d.rider) d.rider, d.revision, d.decided_at, d.points_open, d.bindings, d.rights, b.pack_hash
FROM fares_decision d
JOIN fares_book b ON b.id = d.book_id
WHERE d.local_month = %(month)s AND d.rider = ANY (%(riders)s::bigint[])
ORDER BY d.rider, d.revision DESC
