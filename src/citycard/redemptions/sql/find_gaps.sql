-- A kiosk numbers its journal's lines 1, 2, 3 …: a number that never came is a line that was lost, even where
-- nobody else knows of it.
WITH told AS (
    SELECT device_id, terminal, seq, day, lag(seq) OVER (PARTITION BY device_id ORDER BY seq) AS last_seq
    FROM redemptions_kiosk_line WHERE day BETWEEN %(low)s::date - 2 AND %(high)s::date),
joined AS (
    SELECT t.device_id, t.terminal, t.seq, t.day,
           coalesce(t.last_seq, b.seq, CASE WHEN t.seq <= 100 THEN 0 END) AS last_seq
    FROM told t LEFT JOIN LATERAL (
        SELECT max(o.seq) AS seq FROM redemptions_kiosk_line o
        WHERE t.last_seq IS NULL AND o.device_id = t.device_id AND o.seq < t.seq
          AND o.day BETWEEN %(low)s::date - 400 AND %(low)s::date - 3) b ON true)
INSERT INTO redemptions_difference (kind, item, day, found_on, found_at, terminal, detail)
SELECT 'missing_kiosk', format('kiosk:%%s:%%s', j.device_id, n.seq), j.day, %(on)s::date, %(now)s::timestamptz,
       j.terminal, format('journal_line:%%s', n.seq)
FROM joined j CROSS JOIN LATERAL generate_series(j.last_seq + 1, least(j.seq - 1, j.last_seq + 1000)) AS n(seq)
WHERE j.seq > j.last_seq + 1 AND j.day + %(kiosk_grace)s < %(on)s::date AND j.day >= %(low)s::date
  AND NOT EXISTS (SELECT FROM redemptions_kiosk_line o
                  WHERE o.device_id = j.device_id AND o.seq = n.seq
                    AND o.day BETWEEN %(low)s::date - 400 AND %(on)s::date)
ON CONFLICT (kind, item) DO NOTHING
