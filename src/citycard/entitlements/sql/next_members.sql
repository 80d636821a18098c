-- The last member of the next chunk of everybody.
SELECT max(n.member_id) AS upto FROM (
    SELECT m.member_id FROM pub.known_members m WHERE m.member_id > %s ORDER BY m.member_id LIMIT %s
) n
