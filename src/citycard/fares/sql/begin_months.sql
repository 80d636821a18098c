INSERT INTO fares_month (local_month, rider)
SELECT %s, rider FROM unnest(%s::bigint[]) AS r(rider) ORDER BY rider
ON CONFLICT DO NOTHING
