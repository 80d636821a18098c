-- What standing closings before one told of months' rides, added up. A closing stands until its month is opened again.
SELECT l.operator, l.route, l.ticket, sum(l.rides)::bigint AS rides, sum(l.taps)::bigint AS taps, sum(l.due_micro)::bigint AS due,
       sum(l.collected_micro)::bigint AS collected, sum(l.difference_micro)::bigint AS difference, sum(l.points)::bigint AS points,
       jsonb_agg(l.subsidies)::text AS subsidies
FROM fares_statement_line l
JOIN pub.ledger_closings c ON c.month = l.closing_month AND c.version = l.version AND c.reopened_at IS NULL
WHERE l.month = %(month)s AND (%(before)s::date IS NULL OR l.closing_month < %(before)s::date)
GROUP BY l.operator, l.route, l.ticket
