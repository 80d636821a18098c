-- Back into the queue as it was, where nothing else of the ride is in it; elsewhere it makes place.
UPDATE fares_difference d
SET state = CASE WHEN d.id = ANY (%(with_rest)s::bigint[]) THEN 'gone' ELSE 'open' END,
    ended_at = CASE WHEN d.id = ANY (%(with_rest)s::bigint[]) THEN %(now)s::timestamptz END,
    ended_by = CASE WHEN d.id = ANY (%(with_rest)s::bigint[]) THEN %(actor)s ELSE '' END,
    refund_run = NULL, note = ''
WHERE d.refund_run = %(run)s AND (%(ids)s::bigint[] IS NULL OR d.id = ANY (%(ids)s::bigint[]))
