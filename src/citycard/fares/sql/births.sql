SELECT member_id, birth_on FROM pub.members
WHERE member_id = ANY (%(members)s::bigint[]) AND birth_on IS NOT NULL ORDER BY member_id
