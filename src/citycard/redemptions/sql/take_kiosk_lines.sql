-- Lines of a kiosk's journal. A line belongs to the day on which the city let the kiosk touch the card: a
-- kiosk's own clock may be wrong after a power cut, the city's is not.
WITH told AS (
    SELECT * FROM unnest(%(keys)s::uuid[], %(seqs)s::bigint[], %(numbers)s::text[], %(strangers)s::bigint[],
                         %(counters)s::bigint[], %(ntds)s::bigint[], %(befores)s::bigint[],
                         %(afters)s::bigint[], %(wrotes)s::boolean[], %(ats)s::timestamptz[], %(days)s::date[])
        AS t(key, seq, number, stranger, counter, ntd, purse_before, purse_after, wrote, at, day)),
placed AS (
    SELECT DISTINCT ON (t.key) t.*,
           coalesce((s.writing_at AT TIME ZONE %(zone)s)::date, t.day) AS own_day,
           coalesce(n.card_id, s.card_id, t.stranger) AS card_id
    FROM told t
    LEFT JOIN redemptions_session s ON s.key = t.key
    LEFT JOIN pub.card_numbers n ON n.issuer = %(issuer)s AND n.number_kind = %(number_kind)s
                                AND n.number = t.number
    ORDER BY t.key, t.seq)
INSERT INTO redemptions_kiosk_line AS l (day, device_id, key, seq, terminal, card_id, counter, ntd, purse_before,
                                         purse_after, wrote, at, received_at)
SELECT own_day, %(device)s, key, seq, %(terminal)s, card_id, counter, ntd, purse_before, purse_after, wrote, at,
       %(now)s
FROM placed ORDER BY own_day, key
ON CONFLICT (day, device_id, key) DO UPDATE
SET wrote = excluded.wrote, purse_after = excluded.purse_after, at = excluded.at,
    received_at = excluded.received_at
WHERE l.wrote IS NULL AND excluded.wrote IS NOT NULL
