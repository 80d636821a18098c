-- A day's three sums, for the page; a day is summed again while anything of it may still come.
WITH days AS (SELECT d::date AS day FROM generate_series(%(low)s::date, %(high)s::date, interval '1 day') AS d),
k AS (SELECT day, count(*) AS lines, sum(ntd) AS ntd FROM redemptions_kiosk_line
      WHERE day BETWEEN %(low)s::date AND %(high)s::date AND wrote GROUP BY day),
f AS (SELECT day, count(*) AS lines, sum(ntd) AS ntd FROM redemptions_company_line
      WHERE day BETWEEN %(low)s::date AND %(high)s::date GROUP BY day),
l AS (SELECT (writing_at AT TIME ZONE %(zone)s)::date AS day, count(*) AS lines, sum(ntd) AS ntd
      FROM redemptions_session
      WHERE way = 'card' AND coalesce(ruled = 'written', state = 'settled')
        AND writing_at >= %(begins)s AND writing_at < %(ends)s
      GROUP BY 1)
INSERT INTO redemptions_reconciled (day, kiosk_lines, kiosk_ntd, file_lines, file_ntd, ledger_lines, ledger_ntd,
                                    run_at)
SELECT day, coalesce(k.lines, 0), coalesce(k.ntd, 0), coalesce(f.lines, 0), coalesce(f.ntd, 0),
       coalesce(l.lines, 0), coalesce(l.ntd, 0), %(now)s
FROM days LEFT JOIN k USING (day) LEFT JOIN f USING (day) LEFT JOIN l USING (day)
ON CONFLICT (day) DO UPDATE
SET kiosk_lines = excluded.kiosk_lines, kiosk_ntd = excluded.kiosk_ntd, file_lines = excluded.file_lines,
    file_ntd = excluded.file_ntd, ledger_lines = excluded.ledger_lines, ledger_ntd = excluded.ledger_ntd,
    run_at = excluded.run_at
