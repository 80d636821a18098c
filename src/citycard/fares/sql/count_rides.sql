-- How many rides of a month there are, paid by points, as transfers, and other than the device charged.
SELECT count(*) AS rides, count(*) FILTER (WHERE points > 0) AS with_points,
       count(*) FILTER (WHERE boarded_at - before <= %(within)s AND (operator_id, route_id) <> (last_operator, last_route))
           AS transfers,
       count(*) FILTER (WHERE difference_kind <> 0) AS differing
FROM (
    SELECT points, difference_kind, boarded_at, operator_id, route_id, lag(boarded_at) OVER card AS before,
           lag(operator_id) OVER card AS last_operator, lag(route_id) OVER card AS last_route
    FROM fares_ride WHERE local_month = %(month)s AND closed_at IS NULL
    WINDOW card AS (PARTITION BY card_key ORDER BY boarded_at, reader_id, epoch, seq)
) r
