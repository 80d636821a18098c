UPDATE insight_absorbed
SET batches = batches + (SELECT range_agg(int8range(b, b, '[]')) FROM unnest(%s::bigint[]) AS b),
    version = pg_current_xact_id()
WHERE source = 'taps'
