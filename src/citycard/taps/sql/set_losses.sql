-- Bring losses to what is known now; what is posted of them is the ledger's affair.
INSERT INTO taps_loss AS l
    (reader_id, epoch, seq, at, card_id, service, agency, why, snapshot, report, reader_knew, bears, unit, amount)
SELECT * FROM unnest(%(readers)s::bigint[], %(epochs)s::integer[], %(seqs)s::bigint[], %(ats)s::timestamptz[],
                     %(cards)s::bigint[], %(services)s::text[], %(agencies)s::text[], %(whys)s::text[],
                     %(snapshots)s::integer[], %(reports)s::text[], %(knew)s::boolean[], %(bears)s::text[],
                     %(units)s::text[], %(amounts)s::bigint[])
ON CONFLICT (reader_id, epoch, seq) DO UPDATE
SET why = EXCLUDED.why, report = EXCLUDED.report, reader_knew = EXCLUDED.reader_knew, bears = EXCLUDED.bears,
    amount = EXCLUDED.amount
