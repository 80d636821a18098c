WITH known AS MATERIALIZED (
    SELECT batches FROM insight_absorbed WHERE source = 'taps' FOR UPDATE NOWAIT
)
SELECT b.batch_id FROM unnest(%(batches)s::bigint[]) AS b(batch_id), known
WHERE NOT known.batches @> b.batch_id
