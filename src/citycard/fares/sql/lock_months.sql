-- Each is locked in the order of riders: begun here, or as it stands.
INSERT INTO fares_month AS m (local_month, rider)
SELECT %(month)s::date, rider FROM unnest(%(riders)s::bigint[]) AS r(rider) ORDER BY rider
ON CONFLICT (local_month, rider) DO UPDATE SET rider = m.rider WHERE false
