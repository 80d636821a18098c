INSERT INTO entitlements_chunk (run_id, after_id, upto_id)
SELECT %(run)s, coalesce(lag(e.upto) OVER (ORDER BY e.upto), 0), e.upto
FROM (
    SELECT max(n.member_id) AS upto
    FROM (SELECT t.member_id, (row_number() OVER (ORDER BY t.member_id) - 1) / %(size)s AS part
          FROM (SELECT member_id FROM entitlements_difference WHERE run_id = %(run)s
                UNION SELECT member_id FROM entitlements_look WHERE run_id = %(run)s) t) n
    GROUP BY n.part
) e
