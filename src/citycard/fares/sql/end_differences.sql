-- What is open of rides that changed is no longer so, be it on a refund run that waits; whatever differs now is begun
-- anew. A run that names what is gone is not released.
UPDATE fares_difference d SET state = 'gone', ended_at = %(now)s, ended_by = 'rule', refund_run = NULL
FROM unnest(%(readers)s::bigint[], %(epochs)s::integer[], %(seqs)s::bigint[]) AS c(reader_id, epoch, seq)
WHERE d.reader_id = c.reader_id AND d.epoch = c.epoch AND d.seq = c.seq AND d.state IN ('open', 'refunding')
