-- The right that each one's service asks for, on the day; 0: none, or it asks for none. In the order given.
SELECT coalesce(h.right_id, 0) AS right_id
FROM unnest(%(members)s::bigint[], %(rights)s::text[], %(days)s::date[])
     WITH ORDINALITY AS a(member_id, entitlement, day, n)
LEFT JOIN LATERAL (
    SELECT g.right_id FROM pub.rights g
    WHERE g.member_id = a.member_id AND g.entitlement = a.entitlement AND g.valid @> a.day
    LIMIT 1
) h ON true
ORDER BY a.n
