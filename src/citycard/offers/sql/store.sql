INSERT INTO offers_entry (device, epoch, seq, offer, venue, card_id, at, day, price_class,
                          charged_ntd, content, received_at)
SELECT e.*, %(now)s FROM unnest(%(device)s::text[], %(epoch)s::int[], %(seq)s::bigint[], %(offer)s::text[],
    %(venue)s::text[], %(card_id)s::bigint[], %(at)s::timestamptz[], %(day)s::date[],
    %(price_class)s::text[], %(charged_ntd)s::int[], %(content)s::bytea[]) AS e
ON CONFLICT (device, epoch, seq) DO NOTHING
RETURNING device, epoch, seq
