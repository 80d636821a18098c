"""The auditor's look at closed months: what was frozen is what the books say."""

# What stood on each kind of account when a month was closed is all that was booked until then.
_STANDINGS = """
WITH standing AS (
    SELECT id, month FROM ledger_closing WHERE state <> 'begun' AND reopened_at IS NULL),
newest AS (SELECT id, month FROM standing ORDER BY month DESC LIMIT 1),
moved AS (
    SELECT a.unit, a.class, a.code, a.fund, sum(m.amount) AS amount FROM (
        SELECT t.from_account AS account, -t.amount AS amount
        FROM ledger_transfer t JOIN newest n ON t.booked_month <= n.month
        UNION ALL
        SELECT t.to_account, t.amount
        FROM ledger_transfer t JOIN newest n ON t.booked_month <= n.month) m
    JOIN ledger_account a ON a.id = m.account
    GROUP BY 1, 2, 3, 4 HAVING sum(m.amount) <> 0),
kept AS (
    SELECT s.* FROM ledger_closing_standing s JOIN newest n ON n.id = s.closing_id)
SELECT concat_ws(':', coalesce(m.class, k.class), coalesce(m.code, k.code),
                 coalesce(m.unit, k.unit), coalesce(m.fund, k.fund)) AS about,
       format('%%s was frozen, the books say %%s', coalesce(k.amount, 0), coalesce(m.amount, 0))
           AS says
FROM moved m FULL JOIN kept k
  ON (k.unit, k.class, k.code, k.fund) = (m.unit, m.class, m.code, m.fund)
WHERE coalesce(k.amount, 0) <> coalesce(m.amount, 0)
"""

_LINES = """
SELECT format('%%s version %%s fund %%s', c.month, c.version, l.fund) AS about,
       format('opens with %%s, closes with %%s', l.opening, l.closing) AS says
FROM ledger_closing_line l JOIN ledger_closing c ON c.id = l.closing_id
WHERE l.closing <> l.opening + (
    SELECT coalesce(sum(x.value::bigint), 0) FROM jsonb_each_text(l.changes) x
    WHERE x.key NOT LIKE 'budget%%')
"""

# One month's closing is the next one's opening.
_OPENINGS = """
SELECT format('%%s fund %%s', n.month, l.fund) AS about,
       format('opens with %%s after closing with %%s', l.opening, coalesce(b.closing, 0)) AS says
FROM (SELECT id, month, lag(id) OVER (ORDER BY month) AS before FROM ledger_closing
      WHERE state <> 'begun' AND reopened_at IS NULL) n
JOIN ledger_closing_line l ON l.closing_id = n.id
LEFT JOIN ledger_closing_line b ON b.closing_id = n.before AND b.fund = l.fund
WHERE n.before IS NOT NULL AND l.opening <> coalesce(b.closing, 0)
"""

_CLOSED = """
SELECT c.month::text AS about, 'is open, though its closing stands' AS says
FROM ledger_closing c LEFT JOIN ledger_period p ON p.month = c.month
WHERE c.reopened_at IS NULL AND coalesce(p.state, 'open') <> 'closed'
"""

CHECKS = {
    "ledger.closing_standings": _STANDINGS,
    "ledger.closing_lines": _LINES,
    "ledger.closing_openings": _OPENINGS,
    "ledger.closed_months": _CLOSED,
}
