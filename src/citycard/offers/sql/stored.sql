SELECT e.device, e.epoch, e.seq, e.offer, e.card_id, e.day, e.price_class, e.content, f.day AS first_day
FROM unnest(%(device)s::text[], %(epoch)s::int[], %(seq)s::bigint[]) AS n(device, epoch, seq)
JOIN offers_entry e USING (device, epoch, seq)
LEFT JOIN offers_first_day f ON f.offer = e.offer AND f.card_id = e.card_id
