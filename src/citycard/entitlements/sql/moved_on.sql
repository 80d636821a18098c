-- Differences of some members whose rights or facts were changed by somebody: since the preview, or since they were
-- written. Then what stands is no longer what was seen, or not by this run alone.
SELECT d.member_id, d.entitlement
FROM entitlements_difference d
LEFT JOIN pub.known_versions v ON v.member_id = d.member_id
CROSS JOIN LATERAL (
    SELECT coalesce(range_agg(r.valid), '{}') * datemultirange(daterange(d.first_day, NULL)) AS days,
           coalesce(bool_and(r.run_id IS NOT DISTINCT FROM d.run_id), true) AS own
    FROM entitlements_right r
    WHERE r.member_id = d.member_id AND r.entitlement = d.entitlement AND upper_inf(r.recorded)
      AND (upper_inf(r.valid) OR upper(r.valid) > d.first_day)
) stands
WHERE d.run_id = %(run)s AND d.member_id > %(after)s AND d.member_id <= %(upto)s AND d.state = 'due'
  AND (coalesce(v.version, 0) <> d.basis
       OR CASE WHEN %(written)s THEN stands.days <> d.wanted OR (NOT stands.own AND d.stood <> d.wanted)
               ELSE stands.days <> d.stood END)
