INSERT INTO insight_visits (service, month, week, bucket, visits)
SELECT %(service)s, %(month)s, %(week)s, b.bucket,
       substring(%(content)s::bytea FROM b.first FOR b.length)
FROM unnest(%(buckets)s::smallint[], %(firsts)s::integer[], %(lengths)s::integer[])
     AS b(bucket, first, length)
ON CONFLICT (service, month, week, bucket) DO UPDATE SET visits = EXCLUDED.visits
