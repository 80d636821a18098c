-- The taps of batches in columns.
SELECT array_agg(site_id), array_agg(at), array_agg(coalesce(member_id, -1)), array_agg(code)
FROM unnest(%(firsts)s::bigint[], %(lasts)s::bigint[]) AS s(first, last)
JOIN pub.taps ON batch_id BETWEEN s.first AND s.last
WHERE local_month = ANY(%(months)s::date[])
