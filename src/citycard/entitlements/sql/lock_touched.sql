SELECT count(*) FROM (
    SELECT 1 FROM entitlements_next_check c
    WHERE c.member_id IN (
        SELECT member_id FROM entitlements_difference
        WHERE run_id = %(run)s AND member_id > %(after)s AND member_id <= %(upto)s
        UNION
        SELECT member_id FROM entitlements_look
        WHERE run_id = %(run)s AND member_id > %(after)s AND member_id <= %(upto)s)
    ORDER BY c.member_id FOR UPDATE
) locked
