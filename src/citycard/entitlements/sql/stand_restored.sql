-- What is announced as held again, and the former day of the next look where it is still to come.
UPDATE entitlements_next_check c
SET held = ARRAY(SELECT e FROM (SELECT unnest(c.held) EXCEPT SELECT unnest(t.differing) UNION SELECT unnest(t.held)) n(e)
                 ORDER BY e COLLATE "C"),
    check_on = CASE WHEN t.was_on > %(today)s::date THEN least(c.check_on, t.was_on) ELSE c.check_on END,
    decided_at = %(now)s
FROM (
    SELECT d.member_id, array_agg(d.entitlement) AS differing, min(l.was_on) AS was_on,
           coalesce(array_agg(d.entitlement) FILTER (WHERE d.before IS NOT NULL), '{}') AS held
    FROM entitlements_difference d
    LEFT JOIN entitlements_look l ON l.run_id = d.run_id AND l.member_id = d.member_id
    WHERE d.run_id = %(run)s AND d.member_id > %(after)s AND d.member_id <= %(upto)s AND d.state = 'due'
    GROUP BY d.member_id
) t
WHERE c.member_id = t.member_id
