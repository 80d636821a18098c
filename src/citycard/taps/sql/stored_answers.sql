-- The answers that were given to taps sent again. The month is the tap's own, so one partition is read; planned each time,
-- with the months told beforehand: a plan kept from when a month was empty would walk all of its first day for each tap.
SELECT r.n, t.code, t.points, t.link_id, t.content_hash, coalesce(p.code, '') AS profile
FROM unnest(%s::date[], %s::bigint[], %s::integer[], %s::bigint[])
     WITH ORDINALITY AS r(local_month, reader_id, epoch, seq, n)
JOIN taps_tap t ON t.local_month = r.local_month
               AND t.reader_id = r.reader_id AND t.epoch = r.epoch AND t.seq = r.seq
LEFT JOIN taps_profile p ON p.id = t.profile_id
WHERE t.local_month = ANY (%s::date[])
