INSERT INTO insight_visits (service, month, week, bits, bucket, visits)
SELECT %(service)s, %(month)s, %(week)s, %(bits)s, b.bucket,
       substring(%(content)s::bytea FROM b.first FOR b.length)
FROM unnest(%(rows)s::integer[], %(firsts)s::integer[], %(lengths)s::integer[])
     AS b(bucket, first, length)
ON CONFLICT (service, month, week, bucket) DO UPDATE SET visits = EXCLUDED.visits
