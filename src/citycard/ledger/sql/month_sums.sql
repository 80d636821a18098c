-- What went in one booking month from which kind of account to which, in one pass over the month. Reversals that
-- touch a budget are told apart by what they take back in the end: an award, or a lapse.
WITH RECURSIVE sums AS MATERIALIZED (
    SELECT s.unit, s.class AS from_class, s.fund AS from_fund, s.expires_on AS from_last, s.code AS from_code,
           d.class AS to_class, d.fund AS to_fund, d.expires_on AS to_last, d.code AS to_code,
           t.at < %(begins)s AS late, width_bucket(t.at, %(spans)s::timestamptz[]) AS span,
           t.kind = 'points.lapsed' AS lapse,
           CASE WHEN t.reverses IS NOT NULL AND 'budget' IN (s.class, d.class) THEN t.key END AS takes_back,
           sum(t.amount) AS amount, count(*) AS transfers
    FROM ledger_transfer t
    JOIN ledger_account s ON s.id = t.from_account
    JOIN ledger_account d ON d.id = t.to_account
    WHERE t.booked_month = %(month)s
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13),
up AS (
    SELECT s.takes_back AS key, r.takes_back AS of, 1 AS steps
    FROM (SELECT DISTINCT takes_back FROM sums WHERE takes_back IS NOT NULL) s
    JOIN ledger_reversed r ON r.key = s.takes_back AND r.line = 0
    UNION ALL
    SELECT u.key, r.takes_back, u.steps + 1
    FROM up u JOIN ledger_reversed r ON r.key = u.of AND r.line = 0 WHERE r.takes_back IS NOT NULL),
roots AS (
    SELECT DISTINCT ON (u.key) u.key, t.kind = 'points.lapsed' AS lapse
    FROM up u
    JOIN ledger_reversed r ON r.key = u.of AND r.line = 0
    CROSS JOIN LATERAL (
        SELECT kind FROM ledger_transfer x WHERE x.booked_month = r.booked_month AND x.key = r.key LIMIT 1) t
    ORDER BY u.key, u.steps DESC)
SELECT s.unit, s.from_class, s.from_fund, nullif(s.from_last, 'infinity') AS from_last, s.from_code,
       s.to_class, s.to_fund, nullif(s.to_last, 'infinity') AS to_last, s.to_code,
       s.late, s.span, coalesce(r.lapse, s.lapse) AS lapse,
       sum(s.amount)::bigint AS amount, sum(s.transfers)::bigint AS transfers
FROM sums s LEFT JOIN roots r ON r.key = s.takes_back
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
