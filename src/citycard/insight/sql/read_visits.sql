SELECT week, string_agg(visits, ''::bytea ORDER BY bucket) FROM insight_visits
WHERE service = %(service)s AND month = %(month)s
  AND (%(rows)s::integer[] IS NULL OR bucket = ANY(%(rows)s::integer[]))
GROUP BY week
