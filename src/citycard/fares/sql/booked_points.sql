-- Points that a month's books have for rides, by operator: spent, less what was taken back.
SELECT operator, sum(points)::bigint AS points FROM (
    SELECT to_code AS operator, amount AS points FROM pub.ledger_transfers
    WHERE booked_month = %(month)s AND unit = %(unit)s AND to_class = 'partner' AND starts_with(ref, 'ride:')
    UNION ALL
    SELECT from_code, -amount FROM pub.ledger_transfers
    WHERE booked_month = %(month)s AND unit = %(unit)s AND from_class = 'partner' AND starts_with(ref, 'ride:')) t
GROUP BY operator
