-- The first day only ever moves back, so entries may arrive in any order. What moves gets the offer's next number, which
-- is held until it is kept: a venue that has read up to a number has missed nothing below it.
WITH told AS (
    SELECT e.offer, e.card_id, min(e.day) AS day
    FROM unnest(%(device)s::text[], %(epoch)s::int[], %(seq)s::bigint[]) AS n(device, epoch, seq)
    JOIN offers_entry e USING (device, epoch, seq)
    WHERE e.card_id IS NOT NULL
    GROUP BY e.offer, e.card_id
), moves AS (
    SELECT t.offer, t.card_id, t.day
    FROM told t LEFT JOIN offers_first_day f ON f.offer = t.offer AND f.card_id = t.card_id
    WHERE f.day IS NULL OR t.day < f.day
), numbered AS (
    INSERT INTO offers_change AS c (offer, number)
    SELECT DISTINCT offer, 1 FROM moves ORDER BY offer
    ON CONFLICT (offer) DO UPDATE SET number = c.number + 1
    RETURNING c.offer, c.number
)
INSERT INTO offers_first_day AS f (offer, card_id, day, changed_at, change)
SELECT m.offer, m.card_id, m.day, %(now)s, c.number
FROM moves m JOIN numbered c ON c.offer = m.offer ORDER BY m.offer, m.card_id
ON CONFLICT (offer, card_id) DO UPDATE SET day = excluded.day, changed_at = excluded.changed_at,
    change = excluded.change
WHERE excluded.day < f.day
