INSERT INTO insight_first (service, bits, bucket, firsts)
SELECT %(service)s, %(bits)s, b.bucket,
       substring(%(content)s::bytea FROM b.first FOR b.length)
FROM unnest(%(rows)s::integer[], %(firsts)s::integer[], %(lengths)s::integer[])
     AS b(bucket, first, length)
ON CONFLICT (service, bucket) DO UPDATE SET firsts = EXCLUDED.firsts
