-- Differences of some members whose rights or facts were changed by somebody since the preview.
SELECT d.member_id, d.entitlement
FROM entitlements_difference d
LEFT JOIN pub.known_versions v ON v.member_id = d.member_id
WHERE d.run_id = %(run)s AND d.member_id > %(after)s AND d.member_id <= %(upto)s AND d.state = %(state)s
  AND (coalesce(v.version, 0) <> d.basis OR ARRAY(
        SELECT r.id FROM entitlements_right r
        WHERE r.member_id = d.member_id AND r.entitlement = d.entitlement AND upper_inf(r.recorded)
          AND (upper_inf(r.valid) OR upper(r.valid) > d.first_day OR r.id = ANY(d.added)) ORDER BY r.id)
      <> CASE WHEN d.state = 'open' THEN d.rows ELSE coalesce(d.added, d.rows) END)
