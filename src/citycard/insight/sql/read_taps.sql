-- The taps of batches, a row a place, each column as the bytes of its numbers.
SELECT service, agency, place,
       string_agg(timestamptz_send(at), '') AS ats,
       string_agg(int8send(coalesce(member_id, -1)), '') AS members,
       string_agg(int2send(code), '') AS codes
FROM pub.taps
WHERE local_month = ANY(%(months)s::date[]) AND batch_id = ANY(%(batches)s::bigint[])
  -- the bounds let an index over batches do its work
  AND batch_id BETWEEN %(first)s AND %(last)s
GROUP BY 1, 2, 3
