UPDATE insight_absorbed
SET batches = batches + (SELECT range_agg(int8range(b, b, '[]')) FROM unnest(%s::bigint[]) AS b)
WHERE source = 'taps'
