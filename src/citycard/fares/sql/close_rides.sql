-- Close rides that a later decision replaces or takes away.
UPDATE fares_ride r SET closed_at = %(now)s
FROM unnest(%(boarded_at)s::bigint[], %(rider)s::bigint[], %(reader_id)s::bigint[], %(seq)s::bigint[],
            %(epoch)s::integer[]) AS c(boarded_us, rider, reader_id, seq, epoch)
WHERE r.local_month = %(month)s AND r.rider = c.rider
  AND r.boarded_at = timestamptz '2000-01-01 00:00:00+00' + c.boarded_us * interval '1 microsecond'
  AND r.reader_id = c.reader_id AND r.epoch = c.epoch AND r.seq = c.seq AND r.closed_at IS NULL
