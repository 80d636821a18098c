SELECT DISTINCT local_month, rider FROM fares_decision
WHERE rider = ANY (%(members)s::bigint[]) AND local_month >= %(since)s
