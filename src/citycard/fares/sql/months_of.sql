-- Which of some riders' month was ever decided.
SELECT rider FROM fares_month WHERE local_month = %(month)s AND rider = ANY (%(riders)s::bigint[])
