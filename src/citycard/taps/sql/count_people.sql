-- Each member once, with a bit for each group of services that they used.
WITH used AS (
    SELECT t.member_id, bit_or(s.mask) AS groups
    FROM pub.taps t
    JOIN unnest(%(services)s::text[], %(masks)s::bigint[]) AS s(service, mask) USING (service)
    WHERE t.local_month = %(month)s AND t.member_id IS NOT NULL AND t.code = ANY(%(served)s)
    GROUP BY 1
), patterns AS (
    SELECT groups, count(*) AS people FROM used GROUP BY 1
)
SELECT n.number, coalesce(sum(p.people), 0)::bigint AS people
FROM generate_series(0, %(groups)s - 1) AS n(number)
LEFT JOIN patterns p ON (p.groups >> n.number) & 1 = 1
GROUP BY 1
