-- Put what a closing told beside what was booked, operator by operator, on top of what the standing closing before carried over.
WITH before AS (
    SELECT b.operator, b.carried FROM fares_statement_booking b
    WHERE (b.closing_month, b.version) = (
        SELECT f.month, f.version FROM fares_closing f
        JOIN pub.ledger_closings c ON c.month = f.month AND c.version = f.version AND c.reopened_at IS NULL
        WHERE f.month < %(month)s ORDER BY f.month DESC LIMIT 1)
), told AS (
    SELECT operator, sum(points)::bigint AS points FROM fares_statement
    WHERE closing_month = %(month)s AND version = %(version)s GROUP BY operator
), booked AS (
    SELECT * FROM unnest(%(operators)s::text[], %(booked)s::bigint[]) AS b(operator, points)
)
INSERT INTO fares_statement_booking (closing_month, version, operator, opening, points, booked, carried)
SELECT %(month)s, %(version)s, o.operator, coalesce(b.carried, 0), coalesce(t.points, 0), coalesce(k.points, 0),
       coalesce(b.carried, 0) + coalesce(t.points, 0) - coalesce(k.points, 0)
FROM (SELECT operator FROM before WHERE carried <> 0 UNION SELECT operator FROM told UNION SELECT operator FROM booked) o
LEFT JOIN before b ON b.operator = o.operator
LEFT JOIN told t ON t.operator = o.operator
LEFT JOIN booked k ON k.operator = o.operator
WHERE coalesce(b.carried, 0) <> 0 OR coalesce(t.points, 0) <> 0 OR coalesce(k.points, 0) <> 0
