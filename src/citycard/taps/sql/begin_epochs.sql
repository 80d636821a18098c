-- A reader's first tap of an epoch: one row, whoever comes first.
INSERT INTO taps_reader_epoch (reader_id, epoch)
SELECT * FROM unnest(%s::bigint[], %s::integer[])
ORDER BY 1, 2
ON CONFLICT DO NOTHING
