-- A card's own story: what it held after one loading it holds before the next one, if nothing lay between, and
-- a higher counter never comes earlier. Only what kiosk and company agree on tells a story (or the kiosk alone,
-- once the file has had its time): an altered record would make the next one look broken.
WITH told AS (
    SELECT k.day, k.card_id, k.counter, k.terminal, k.at, k.ntd, k.purse_before, k.purse_after
    FROM redemptions_kiosk_line k
    LEFT JOIN redemptions_company_line f
        ON f.card_id = k.card_id AND f.counter = k.counter
       AND f.purse_before = k.purse_before AND f.purse_after = k.purse_after
       AND f.day BETWEEN %(low)s::date - 4 AND %(high)s::date
    WHERE k.day BETWEEN %(low)s::date - 2 AND %(high)s::date AND k.wrote AND k.purse_after IS NOT NULL
      AND (f.content IS NOT NULL OR k.day + %(file_grace)s < %(on)s::date)),
sound AS MATERIALIZED (
    SELECT t.* FROM told t LEFT JOIN redemptions_difference d
        ON d.card_id = t.card_id AND d.counter = t.counter
       AND (d.kind IN ('tampered', 'cloned', 'amount_differs') AND d.detail <> 'chain')
    WHERE d.id IS NULL),
in_order AS (
    SELECT s.*, lag(counter) OVER w AS last_counter, lag(purse_after) OVER w AS last_purse, lag(at) OVER w AS last_at
    FROM sound s WINDOW w AS (PARTITION BY card_id ORDER BY counter)),
-- The first of the window may follow one of long ago.
joined AS (
    SELECT i.day, i.card_id, i.counter, i.terminal, i.at, i.ntd, i.purse_before,
           coalesce(i.last_counter, p.counter) AS last_counter, coalesce(i.last_purse, p.purse_after) AS last_purse,
           coalesce(i.last_at, p.at) AS last_at
    FROM in_order i LEFT JOIN LATERAL (
        SELECT b.counter, b.purse_after, b.at FROM redemptions_kiosk_line b
        WHERE i.last_counter IS NULL AND b.card_id = i.card_id AND b.counter = i.counter - 1
          AND b.day < %(low)s::date - 2 AND b.day >= %(low)s::date - 400
          AND b.wrote AND b.purse_after IS NOT NULL
          AND NOT EXISTS (SELECT FROM redemptions_difference d
                          WHERE d.card_id = b.card_id AND d.counter = b.counter
                            AND d.kind IN ('tampered', 'cloned', 'amount_differs') AND d.detail <> 'chain')
        LIMIT 1) p ON true)
INSERT INTO redemptions_difference (kind, item, day, found_on, found_at, card_id, counter, terminal, kiosk_ntd,
                                    detail)
SELECT 'tampered', format('card:%%s:%%s', card_id, counter), day, %(on)s::date, %(now)s::timestamptz, card_id,
       counter, terminal, ntd, 'chain'
FROM joined
WHERE day BETWEEN %(low)s::date AND %(high)s::date
  AND ((counter = last_counter + 1 AND purse_before <> last_purse)
       OR at < last_at - %(skew)s::interval)
ON CONFLICT (kind, item) DO NOTHING
