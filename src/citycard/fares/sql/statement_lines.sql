-- What one closing told operators: its lines, month by month.
SELECT month, operator, route, ticket, rides, taps, due_micro AS due, collected_micro AS collected, difference_micro AS difference,
       points, subsidies::text AS subsidies
FROM fares_statement_line
WHERE closing_month = %(closing)s AND version = %(version)s
ORDER BY month DESC, operator, route, ticket
