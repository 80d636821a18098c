SELECT t.reader_id, t.epoch, t.seq, t.at, t.member_id, t.card_id, t.agency, t.place, t.service
FROM pub.taps t
WHERE t.local_month = ANY (%(months)s::date[]) AND t.batch_id = ANY (%(batches)s::bigint[])
  AND t.batch_id BETWEEN %(first)s AND %(last)s
  AND t.site_id = ANY (%(sites)s::int[]) AND t.code = ANY (%(codes)s::int[])
  AND t.member_id IS NOT NULL AND t.card_id IS NOT NULL
