-- What is announced as held from now on, and when to look again, for one chunk of a run.
UPDATE entitlements_next_check c
SET held = ARRAY(SELECT e FROM (SELECT unnest(c.held) EXCEPT SELECT unnest(t.differing) UNION SELECT unnest(t.held)) n(e)
                 ORDER BY e COLLATE "C"),
    check_on = CASE WHEN t.look IS NULL THEN c.check_on
                    WHEN %(every_rule)s AND c.check_on IS NOT DISTINCT FROM t.was_on THEN t.check_on
                    ELSE least(c.check_on, t.check_on) END,
    pack_hash = CASE WHEN %(every_rule)s THEN %(pack)s ELSE c.pack_hash END,
    decided_at = CASE WHEN %(every_rule)s THEN %(now)s ELSE c.decided_at END,
    seen = CASE WHEN %(every_rule)s THEN t.basis ELSE c.seen END,
    seen_on = CASE WHEN %(every_rule)s THEN t.first_day ELSE c.seen_on END
FROM (
    SELECT coalesce(d.member_id, l.member_id) AS member_id, l.member_id AS look, l.check_on, l.was_on,
           coalesce(d.basis, l.basis) AS basis, coalesce(d.first_day, l.first_day) AS first_day,
           coalesce(d.differing, '{}') AS differing, coalesce(d.held, '{}') AS held
    FROM (
        SELECT member_id, min(basis) AS basis, min(first_day) AS first_day, array_agg(entitlement) AS differing,
               array_agg(entitlement) FILTER (WHERE after IS NOT NULL) AS held
        FROM entitlements_difference
        WHERE run_id = %(run)s AND member_id > %(after)s AND member_id <= %(upto)s AND state = 'due'
        GROUP BY member_id
    ) d
    FULL JOIN (
        SELECT member_id, check_on, was_on, basis, first_day FROM entitlements_look
        WHERE run_id = %(run)s AND member_id > %(after)s AND member_id <= %(upto)s
    ) l ON l.member_id = d.member_id
) t
WHERE c.member_id = t.member_id
