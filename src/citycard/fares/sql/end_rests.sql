-- What is open of rides that a refund run has a difference of, too; with that difference's number.
UPDATE fares_difference o SET state = 'gone', ended_at = %(now)s, ended_by = %(actor)s
FROM fares_difference d
WHERE d.refund_run = %(run)s AND (%(ids)s::bigint[] IS NULL OR d.id = ANY (%(ids)s::bigint[]))
  AND (o.reader_id, o.epoch, o.seq) = (d.reader_id, d.epoch, d.seq) AND o.state = 'open'
RETURNING d.id, o.amount_micro, o.points
