SELECT 0, string_agg(firsts, ''::bytea ORDER BY bucket) FROM insight_first
WHERE service = %(service)s
  AND (%(rows)s::integer[] IS NULL OR bucket = ANY(%(rows)s::integer[]))
HAVING count(*) > 0
