-- A kiosk numbers its journal's lines 1, 2, 3 …: a number that never came is a line that was lost, even where
-- nobody else knows of it.
WITH told AS (
    SELECT device_id, terminal, seq, day, lag(seq) OVER (PARTITION BY device_id ORDER BY seq) AS before
    FROM redemptions_kiosk_line WHERE day BETWEEN %(low)s::date - 2 AND %(high)s::date)
INSERT INTO redemptions_difference (kind, item, day, found_on, found_at, terminal, detail)
SELECT 'missing_kiosk', format('kiosk:%%s:%%s', device_id, n.seq), day, %(on)s::date, %(now)s::timestamptz, terminal,
       format('journal_line:%%s', n.seq)
FROM told CROSS JOIN LATERAL generate_series(before + 1, least(seq - 1, before + 1000)) AS n(seq)
WHERE seq > before + 1 AND day + %(kiosk_grace)s < %(on)s::date AND day >= %(low)s::date
  AND NOT EXISTS (SELECT FROM redemptions_kiosk_line o
                  WHERE o.device_id = told.device_id AND o.seq = n.seq AND o.day >= %(low)s::date - 400)
ON CONFLICT (kind, item) DO NOTHING
