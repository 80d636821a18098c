INSERT INTO entitlements_chunk (run_id, after_id, upto_id)
SELECT %(run)s, coalesce(lag(e.upto) OVER (ORDER BY e.upto), 0), e.upto
FROM (
    SELECT max(n.member_id) AS upto
    FROM (SELECT m.member_id, (row_number() OVER (ORDER BY m.member_id) - 1) / %(size)s AS part
          FROM pub.known_members m) n
    GROUP BY n.part
) e
