"""The auditor's look at what was taken back, lapsed and exchanged."""

_SUMS = """
SELECT x.key::text AS about,
       format('line %%s: %%s noted as taken back, its reversals took %%s', x.line, x.reversed,
              coalesce(s.taken, 0)) AS says
FROM ledger_reversed x
LEFT JOIN (
    SELECT takes_back, takes_back_line, sum(amount - reversed)::bigint AS taken
    FROM ledger_reversed WHERE takes_back IS NOT NULL GROUP BY 1, 2) s
  ON s.takes_back = x.key AND s.takes_back_line = x.line
WHERE x.reversed <> coalesce(s.taken, 0)
"""

_LINES = """
SELECT coalesce(t.key, r.key)::text AS about,
       format('line %%s: the books take back %%s of %%s, noted are %%s of %%s',
              coalesce(t.line, r.line), coalesce(t.amount::text, 'nothing'), t.reverses,
              coalesce(r.amount::text, 'nothing'), r.takes_back) AS says
FROM (SELECT key, line, amount, reverses FROM pub.ledger_transfers WHERE reverses IS NOT NULL) t
FULL JOIN (SELECT * FROM ledger_reversed WHERE takes_back IS NOT NULL) r
  ON r.key = t.key AND r.line = t.line
WHERE (t.amount, t.reverses) IS DISTINCT FROM (r.amount, r.takes_back)
"""

_ORIGINALS = """
SELECT r.key::text AS about,
       format('line %%s moved %%s, noted are %%s', r.line, coalesce(t.amount, 0), r.amount) AS says
FROM ledger_reversed r
LEFT JOIN pub.ledger_transfers t
  ON t.booked_month = r.booked_month AND t.key = r.key AND t.line = r.line
WHERE t.amount IS DISTINCT FROM r.amount
"""

# What lapses was somebody's, its last day was over, and it goes to its own fund or to nobody.
_LAPSES = """
SELECT t.key::text AS about,
       format('lapsed from %%s %%s until %%s into %%s', s.class, s.account_id, s.expires_on,
              d.class) AS says
FROM pub.ledger_transfers t
JOIN pub.ledger_accounts s ON s.account_id = t.from_account
JOIN pub.ledger_accounts d ON d.account_id = t.to_account
WHERE t.kind = 'points.lapsed'
  AND NOT (s.class = 'member' AND coalesce(s.expires_on <= (t.at AT TIME ZONE 'UTC')::date, false)
           AND (d.class = 'breakage' OR (d.class = 'budget' AND d.fund = s.fund)))
"""

# An exchange gives one person's units for units of the same person.
_EXCHANGES = """
SELECT t.key::text AS about,
       format('%%s units of %%s people in one exchange', count(DISTINCT t.unit),
              count(DISTINCT coalesce(t.from_holder, t.to_holder))) AS says
FROM pub.ledger_transfers t
WHERE t.kind = 'points.exchanged'
GROUP BY t.key
HAVING count(DISTINCT t.unit) <> 2 OR count(DISTINCT coalesce(t.from_holder, t.to_holder)) <> 1
"""

# Each line that a run has done was posted, of just its amount; a run that is over left nothing.
_RUNS = """
SELECT r.id || '/' || l.line AS about,
       format('%%s of %%s, the books gave back %%s', l.state, l.amount, coalesce(t.amount, 0))
           AS says
FROM ledger_refund_run r JOIN ledger_refund_line l ON l.run_id = r.id
LEFT JOIN (
    SELECT ref, reverses, sum(amount)::bigint AS amount FROM pub.ledger_transfers
    WHERE kind = 'refund.paid' GROUP BY ref, reverses) t
  ON t.ref = 'refund:' || r.id AND t.reverses = l.move_key
WHERE coalesce(t.amount, 0) <>
          CASE WHEN l.state IN ('waiting', 'refused') THEN 0 ELSE l.amount END
   OR (l.state = 'waiting' AND r.state NOT IN ('draft', 'dropped', 'running'))
   OR (l.state = 'owed' AND r.state <> 'running')
"""

CHECKS = {
    "ledger.reversals": _SUMS,
    "ledger.reversal_lines": _LINES,
    "ledger.reversed_moves": _ORIGINALS,
    "ledger.lapses": _LAPSES,
    "ledger.exchanges": _EXCHANGES,
    "ledger.refund_runs": _RUNS,
}
