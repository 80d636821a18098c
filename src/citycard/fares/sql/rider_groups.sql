-- Districts as places in a list, unknown ones -1; a birth that is not known lies before all days.
SELECT m.member_id, (coalesce(array_position(%(districts)s::text[], m.district), 0) - 1)::integer,
       coalesce(m.birth_on - '2000-01-01'::date, -2147483648)
FROM pub.members m WHERE m.member_id = ANY (%(members)s::bigint[]) ORDER BY m.member_id
