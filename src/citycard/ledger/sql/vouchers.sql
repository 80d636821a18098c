-- A booking month's transfers by day, kind and fund, added up by kind of account: what the city's accounting
-- system gets. What came late is dated on the month's first day: its own month is closed.
SELECT greatest((t.at AT TIME ZONE %(zone)s)::date, %(month)s) AS day, s.unit, t.kind,
       greatest(s.fund, d.fund) AS fund, t.at < %(begins)s AS late,
       s.class AS from_class, s.code AS from_code, d.class AS to_class, d.code AS to_code,
       sum(t.amount)::bigint AS amount, count(*) AS transfers
FROM ledger_transfer t
JOIN ledger_account s ON s.id = t.from_account
JOIN ledger_account d ON d.id = t.to_account
WHERE t.booked_month = %(month)s
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9
