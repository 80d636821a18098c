INSERT INTO insight_first (service, bucket, firsts)
SELECT %(service)s, b.bucket, substring(%(content)s::bytea FROM b.first FOR b.length)
FROM unnest(%(buckets)s::smallint[], %(firsts)s::integer[], %(lengths)s::integer[])
     AS b(bucket, first, length)
ON CONFLICT (service, bucket) DO UPDATE SET firsts = EXCLUDED.firsts
