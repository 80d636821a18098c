WITH card AS (
    SELECT DISTINCT member_id FROM pub.bindings WHERE bound && tstzrange(%(starts)s, %(ends)s)
)
INSERT INTO insight_reach (month, need, holders, carded, counted_at)
SELECT %(first)s, '', count(*), count(*), %(now)s FROM card
UNION ALL
SELECT %(first)s, n.need, count(DISTINCT r.member_id), count(DISTINCT c.member_id), %(now)s
FROM unnest(%(needs)s::text[]) AS n(need)
LEFT JOIN pub.rights r ON r.entitlement = n.need AND r.valid && daterange(%(first)s, %(last)s)
LEFT JOIN card c ON c.member_id = r.member_id
GROUP BY n.need
