-- Of some members, those who were not yet decided today by this pack and as of what is known of them now, or for
-- whom time alone changes something by today.
SELECT m.id FROM unnest(%(members)s::bigint[]) AS m(id)
WHERE NOT EXISTS (
    SELECT FROM entitlements_next_check c
    LEFT JOIN pub.known_versions v ON v.member_id = c.member_id
    WHERE c.member_id = m.id AND c.pack_hash = %(pack)s
      AND c.seen = coalesce(v.version, 0) AND c.seen_on <= greatest(%(on)s::date, c.since)
      AND c.decided_at >= %(midnight)s AND (c.check_on IS NULL OR c.check_on > %(today)s::date))
