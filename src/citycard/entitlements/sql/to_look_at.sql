-- Members who could stand otherwise though no rule changed: never decided, other facts, another first day, a boundary.
SELECT m.member_id
FROM pub.known_members m
LEFT JOIN entitlements_next_check c ON c.member_id = m.member_id
LEFT JOIN pub.known_versions v ON v.member_id = m.member_id
WHERE c.member_id IS NULL OR c.seen <> coalesce(v.version, 0) OR c.seen_on > %(on)s::date
   OR c.check_on <= %(today)s::date
ORDER BY m.member_id LIMIT %(most)s
