-- Months that members were last decided in by other rights than hold in them now.
SELECT d.local_month, d.rider
FROM (
    SELECT DISTINCT ON (rider, local_month) rider, local_month, rights FROM fares_decision
    WHERE rider = ANY (%(members)s::bigint[])
    ORDER BY rider, local_month, revision DESC
) d
WHERE d.rights IS DISTINCT FROM coalesce((
    SELECT array_agg(r.right_id ORDER BY r.right_id) FROM pub.rights r
    WHERE r.member_id = d.rider AND r.entitlement = ANY (%(codes)s::text[])
      AND r.valid && daterange(d.local_month, (d.local_month + interval '1 month')::date)), '{}')
