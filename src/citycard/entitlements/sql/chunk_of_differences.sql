-- The last member of the next chunk of those whom a run touches.
SELECT max(n.member_id) AS upto FROM (
    SELECT member_id FROM entitlements_difference WHERE run_id = %(run)s AND member_id > %(after)s
    UNION
    SELECT member_id FROM entitlements_look WHERE run_id = %(run)s AND member_id > %(after)s
    ORDER BY member_id LIMIT %(chunk)s
) n
