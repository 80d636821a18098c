SELECT c.member_id, c.since, c.held, coalesce(v.version, 0) AS version
FROM entitlements_next_check c LEFT JOIN pub.known_versions v ON v.member_id = c.member_id
WHERE c.member_id = ANY(%s::bigint[]) ORDER BY c.member_id FOR UPDATE OF c
