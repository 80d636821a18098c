-- A month's rides in force, summed by operator, route, ticket, book and who pays a part; subsidies stand in the order of
-- these funds.
SELECT o.code AS operator, l.code AS route, t.code AS ticket, b.funds, r.funders, count(*) AS rides,
       sum(CASE WHEN r.alighted_at > r.boarded_at THEN 2 ELSE 1 END)::bigint AS taps, sum(r.due_micro)::bigint AS due,
       sum(r.collected_micro)::bigint AS collected, sum(r.difference_micro)::bigint AS difference,
       sum(r.points)::bigint AS points,
       sum(coalesce(r.subsidies[1], 0))::bigint AS s1, sum(coalesce(r.subsidies[2], 0))::bigint AS s2,
       sum(coalesce(r.subsidies[3], 0))::bigint AS s3, sum(coalesce(r.subsidies[4], 0))::bigint AS s4,
       sum(coalesce(r.subsidies[5], 0))::bigint AS s5, sum(coalesce(r.subsidies[6], 0))::bigint AS s6,
       sum(coalesce(r.subsidies[7], 0))::bigint AS s7, sum(coalesce(r.subsidies[8], 0))::bigint AS s8,
       sum(coalesce(r.subsidies[9], 0))::bigint AS s9, sum(coalesce(r.subsidies[10], 0))::bigint AS s10,
       sum(coalesce(r.subsidies[11], 0))::bigint AS s11, sum(coalesce(r.subsidies[12], 0))::bigint AS s12,
       sum(coalesce(r.subsidies[13], 0))::bigint AS s13, sum(coalesce(r.subsidies[14], 0))::bigint AS s14,
       sum(coalesce(r.subsidies[15], 0))::bigint AS s15, sum(coalesce(r.subsidies[16], 0))::bigint AS s16
FROM fares_ride r
JOIN fares_decision d ON d.rider = r.rider AND d.local_month = r.local_month AND d.revision = r.revision
JOIN fares_book b ON b.id = d.book_id
JOIN fares_term o ON o.id = r.operator_id
JOIN fares_term l ON l.id = r.route_id
JOIN fares_term t ON t.id = r.ticket_id
WHERE r.local_month = %(month)s AND r.closed_at IS NULL
  AND (%(operators)s::text[] IS NULL OR o.code = ANY (%(operators)s::text[]))
GROUP BY o.code, l.code, t.code, b.id, b.funds, r.funders
