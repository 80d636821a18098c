-- The first day only ever moves back, so entries may arrive in any order.
INSERT INTO offers_first_day AS f (offer, card_id, day, changed_at)
SELECT e.offer, e.card_id, min(e.day), %(now)s
FROM unnest(%(device)s::text[], %(epoch)s::int[], %(seq)s::bigint[]) AS n(device, epoch, seq)
JOIN offers_entry e USING (device, epoch, seq)
WHERE e.card_id IS NOT NULL
GROUP BY e.offer, e.card_id ORDER BY e.offer, e.card_id
ON CONFLICT (offer, card_id) DO UPDATE SET day = excluded.day, changed_at = excluded.changed_at
WHERE excluded.day < f.day
