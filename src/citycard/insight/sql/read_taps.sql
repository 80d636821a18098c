-- The taps of batches in columns.
SELECT array_agg(site_id), array_agg(at), array_agg(coalesce(member_id, -1)), array_agg(code)
FROM pub.taps
WHERE local_month = ANY(%(months)s::date[]) AND batch_id = ANY(%(batches)s::bigint[])
  -- the bounds let an index over batches do its work
  AND batch_id BETWEEN %(first)s AND %(last)s
