-- The rights of members on any day of a month, as known now.
SELECT member_id, lower(valid), coalesce(upper(valid), 'infinity'::date), right_id,
       array_position(%(codes)s::text[], entitlement) - 1
FROM pub.rights
WHERE member_id = ANY (%(members)s::bigint[]) AND entitlement = ANY (%(codes)s::text[])
  AND valid && daterange(%(first)s, %(after)s)
ORDER BY member_id, lower(valid), right_id
