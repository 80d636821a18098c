-- A line that was taken before and says something else now: somebody changed the journal.
INSERT INTO redemptions_difference (kind, item, day, found_on, found_at, card_id, counter, terminal, kiosk_ntd,
                                    detail)
SELECT 'tampered', format('card:%%s:%%s', l.card_id, l.counter), l.day, %(on)s::date, %(now)s::timestamptz,
       l.card_id, l.counter, l.terminal, t.ntd, 'kiosk_changed'
FROM unnest(%(keys)s::uuid[], %(counters)s::bigint[], %(ntds)s::bigint[], %(befores)s::bigint[],
            %(afters)s::bigint[], %(wrotes)s::boolean[], %(days)s::date[])
    AS t(key, counter, ntd, purse_before, purse_after, wrote, day)
LEFT JOIN redemptions_session s ON s.key = t.key
JOIN redemptions_kiosk_line l ON l.key = t.key AND l.device_id = %(device)s
                             AND l.day = coalesce((s.writing_at AT TIME ZONE %(zone)s)::date, t.day)
WHERE (l.counter, l.ntd, l.purse_before) IS DISTINCT FROM (t.counter, t.ntd, t.purse_before)
   OR l.wrote <> t.wrote OR l.purse_after <> t.purse_after
ON CONFLICT (kind, item) DO NOTHING
