-- Differences of some members whose rights or facts were changed by somebody since the preview.
SELECT d.member_id, d.entitlement
FROM entitlements_difference d
JOIN (
    SELECT m.member_id,
           hashtextextended(concat_ws(',', k.newest, coalesce(k.facts, 0), m.birth_on, m.sex, m.died_on, m.id_kind), 0) AS basis
    FROM pub.known_members m
    LEFT JOIN (
        SELECT f.member_id, max(f.fact_id) AS newest, count(*) AS facts FROM pub.known_facts f
        WHERE f.member_id > %(after)s AND f.member_id <= %(upto)s AND f.name = ANY(%(names)s::text[])
          AND f.member_id IN (SELECT t.member_id FROM entitlements_difference t
                              WHERE t.run_id = %(run)s AND t.member_id > %(after)s AND t.member_id <= %(upto)s)
        GROUP BY f.member_id
    ) k ON k.member_id = m.member_id
    WHERE m.member_id > %(after)s AND m.member_id <= %(upto)s
) now ON now.member_id = d.member_id
WHERE d.run_id = %(run)s AND d.member_id > %(after)s AND d.member_id <= %(upto)s AND d.state = %(state)s
  AND (now.basis <> d.basis OR ARRAY(
        SELECT r.id FROM entitlements_right r
        WHERE r.member_id = d.member_id AND r.entitlement = d.entitlement AND upper_inf(r.recorded)
          AND (upper_inf(r.valid) OR upper(r.valid) > d.first_day) ORDER BY r.id)
      <> CASE WHEN d.state = 'open' THEN d.rows ELSE coalesce(d.added, d.rows) END)
