-- Who has a right that gives the month's allowance, or has been given one; by member, from where the last call ended.
SELECT member_id FROM (
    (SELECT DISTINCT r.member_id
     FROM unnest(%(codes)s::text[]) AS c(code)
     CROSS JOIN LATERAL (
         SELECT r.member_id FROM entitlements_right r
         WHERE r.entitlement = c.code AND upper_inf(r.recorded) AND r.member_id > %(after)s
           AND r.valid && daterange(%(month)s, %(next)s)
         ORDER BY r.member_id LIMIT %(limit)s) r)
    UNION
    (SELECT a.member_id FROM entitlements_allowance a
     WHERE a.month = %(month)s AND a.member_id > %(after)s
     ORDER BY a.member_id LIMIT %(limit)s)) m
ORDER BY member_id LIMIT %(limit)s
