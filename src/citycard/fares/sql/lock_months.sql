SELECT FROM fares_month
WHERE local_month = %s AND rider = ANY (%s::bigint[]) ORDER BY rider FOR UPDATE
