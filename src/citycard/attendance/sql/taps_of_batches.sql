SELECT t.reader_id, t.epoch, t.seq, t.at, t.member_id, t.card_id, t.agency, t.place, t.service,
       t.received_at
FROM unnest(%(firsts)s::bigint[], %(lasts)s::bigint[]) AS s(first, last)
JOIN pub.taps t ON t.batch_id BETWEEN s.first AND s.last
WHERE t.local_month = ANY (%(months)s::date[])
  AND t.site_id = ANY (%(sites)s::int[]) AND t.code = ANY (%(codes)s::int[])
  AND t.member_id IS NOT NULL AND t.card_id IS NOT NULL
