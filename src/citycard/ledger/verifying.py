"""The ledger's own auditor: every balance is the sum of its moves, and nothing is there twice."""

from citycard.infra.database import rows
from citycard.kernel.findings import Finding
from citycard.ledger import verifying_closings, verifying_reversals

_SUMS = """
WITH moved AS (
    SELECT account, sum(amount)::bigint AS amount FROM (
        SELECT from_account AS account, -amount AS amount FROM ledger_transfer
        UNION ALL
        SELECT to_account, amount FROM ledger_transfer) m
    GROUP BY account)
SELECT coalesce(b.account_id, m.account) AS about,
       format('balance %%s, sum of moves %%s',
              coalesce(b.amount::text, 'none'), coalesce(m.amount, 0)) AS says
FROM (SELECT account_id, amount FROM ledger_balance
      UNION ALL
      SELECT a.id, sum(s.amount)::bigint FROM ledger_account a
      JOIN ledger_budget_slice s ON s.fund = a.fund
      WHERE a.class = 'budget' GROUP BY a.id) b
FULL JOIN (SELECT m.* FROM moved m JOIN ledger_account a ON a.id = m.account
           WHERE a.class IN ('budget', 'member', 'held', 'stock')) m ON m.account = b.account_id
WHERE b.amount IS DISTINCT FROM coalesce(m.amount, 0)
"""

_NEGATIVE = """
SELECT account_id AS about, 'balance ' || amount AS says FROM ledger_balance WHERE amount < 0
UNION ALL
SELECT fund, 'budget slice ' || amount FROM ledger_budget_slice WHERE amount < 0
"""

_UNITS = """
SELECT t.key::text AS about, format('moves %%s into %%s', s.unit, d.unit) AS says
FROM ledger_transfer t
JOIN ledger_account s ON s.id = t.from_account
JOIN ledger_account d ON d.id = t.to_account
WHERE s.unit <> d.unit
"""

_ORPHANS = """
SELECT t.key::text AS about, 'names an account that is not there' AS says
FROM ledger_transfer t
LEFT JOIN ledger_account s ON s.id = t.from_account
LEFT JOIN ledger_account d ON d.id = t.to_account
WHERE s.id IS NULL OR d.id IS NULL
"""

_KEYS = """
SELECT key::text AS about,
       format('%%s lines, %%s contents, in %%s months', count(*), count(DISTINCT content_hash),
              count(DISTINCT booked_month)) AS says
FROM ledger_transfer GROUP BY key
HAVING count(DISTINCT content_hash) > 1 OR count(DISTINCT booked_month) > 1
    OR max(line) <> count(*) - 1 OR min(line) <> 0
"""

# What is held must be exactly what the open holds took, lot by lot.
_HOLDS = """
WITH taken AS (
    SELECT t.to_account AS account, sum(t.amount)::bigint AS amount
    FROM ledger_hold h JOIN ledger_transfer t ON t.booked_month = h.booked_month AND t.key = h.key
    WHERE h.state = 'held' GROUP BY 1),
held AS (
    SELECT a.id AS account, b.amount FROM ledger_account a
    JOIN ledger_balance b ON b.account_id = a.id WHERE a.class = 'held')
SELECT coalesce(h.account, t.account) AS about,
       format('%%s held, open holds took %%s', coalesce(h.amount, 0), coalesce(t.amount, 0)) AS says
FROM held h FULL JOIN taken t ON t.account = h.account
WHERE coalesce(h.amount, 0) <> coalesce(t.amount, 0)
"""

_ENDS = """
SELECT h.key::text AS about,
       format('%%s %%s, its end moved %%s', h.amount, h.state, coalesce(e.amount, 0)) AS says
FROM ledger_hold h
LEFT JOIN LATERAL (
    SELECT sum(t.amount) AS amount FROM ledger_transfer t WHERE t.key = h.ended_key) e ON true
WHERE h.state <> 'held' AND h.amount IS DISTINCT FROM e.amount
"""

# What is noted as late is booked where it says.
_LATE = """
SELECT l.key::text AS about, format('late from %%s, not booked in %%s', l.own_month, l.booked_month)
           AS says
FROM ledger_late l
WHERE NOT EXISTS (
    SELECT FROM ledger_transfer t WHERE t.booked_month = l.booked_month AND t.key = l.key)
"""

# A closed month's table refuses to be changed.
_CLOSED = """
SELECT p.month AS about, 'closed, but its table may be changed' AS says
FROM ledger_period p
WHERE p.state = 'closed' AND 2 <> (
    SELECT count(*) FROM pg_trigger g
    WHERE g.tgrelid = to_regclass('ledger_transfer_' || to_char(p.month, 'YYYYMM'))
      AND g.tgname IN ('ledger_closed', 'ledger_closed_whole') AND g.tgenabled <> 'D')
"""

_CHECKS = {
    "ledger.balances": _SUMS,
    "ledger.negative": _NEGATIVE,
    "ledger.units": _UNITS,
    "ledger.accounts": _ORPHANS,
    "ledger.keys": _KEYS,
    "ledger.holds": _HOLDS,
    "ledger.hold_ends": _ENDS,
    "ledger.late": _LATE,
    "ledger.closed_tables": _CLOSED,
    **verifying_reversals.CHECKS,
    **verifying_closings.CHECKS,
}


def verify() -> list[Finding]:
    """Prove the books; returns what does not add up, which should be nothing."""
    return [
        Finding(check=check, about=str(row.about), says=row.says)
        for check, sql in _CHECKS.items()
        for row in rows(sql, [])
    ]
