SELECT DISTINCT rider FROM fares_ride WHERE local_month = %(month)s AND closed_at IS NULL ORDER BY rider
