"""Redemptions' own auditor: each session's points are where its state says they are."""

from citycard.infra.database import rows
from citycard.kernel.findings import Finding

_HOLDS = """
SELECT s.id AS about,
       format('%%s with %%s points, but the ledger has %%s %%s', s.state, s.points,
              coalesce(h.amount, 0), coalesce(h.state, 'nothing')) AS says
FROM redemptions_session s LEFT JOIN pub.ledger_holds h ON h.key = s.hold_key
WHERE h.state IS DISTINCT FROM
          CASE WHEN s.state IN ('settled', 'released') THEN s.state ELSE 'held' END
   OR h.amount IS DISTINCT FROM s.points OR h.holder IS DISTINCT FROM s.member_id
   OR h.unit IS DISTINCT FROM s.unit OR h.ended_key IS DISTINCT FROM s.end_key
"""

_ORPHANS = """
SELECT DISTINCT t.key::text AS about, 'points were held for a redemption that is not there' AS says
FROM pub.ledger_transfers t
LEFT JOIN redemptions_session s ON s.hold_key = t.key
WHERE t.kind = 'redemption.reserved' AND s.id IS NULL
"""

_PARTNERS = """
SELECT s.unit AS about,
       format('%%s points settled, partners got %%s', sum(s.points), max(p.amount)) AS says
FROM (SELECT unit, points FROM redemptions_session WHERE state = 'settled'
      UNION ALL SELECT DISTINCT unit, 0 FROM pub.ledger_transfers
      WHERE kind = 'redemption.settled') s
LEFT JOIN (
    SELECT unit, sum(amount) AS amount FROM pub.ledger_transfers
    WHERE kind = 'redemption.settled' GROUP BY unit) p ON p.unit = s.unit
GROUP BY s.unit HAVING sum(s.points) IS DISTINCT FROM coalesce(max(p.amount), 0)
"""

_EVIDENCE = """
SELECT s.id AS about, s.state || ' by the clock after the card may have been touched' AS says
FROM redemptions_session s
WHERE s.ended_by = 'clock' AND (s.writing_at IS NOT NULL OR s.state <> 'released')
UNION ALL
SELECT s.id, s.state || ' without evidence'
FROM redemptions_session s
WHERE s.ended_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM redemptions_evidence e
                  WHERE e.session_id = s.id AND e.state_after = s.state)
"""

_RETURNS = """
SELECT s.id AS about,
       format('%%s points returned, corrections say %%s, the ledger %%s', s.returned_points,
              coalesce(c.points, 0), coalesce(r.reversed, 0)) AS says
FROM redemptions_session s
LEFT JOIN (SELECT session_id, sum(points) AS points FROM redemptions_correction
           WHERE kind = 'returned' GROUP BY session_id) c ON c.session_id = s.id
LEFT JOIN pub.ledger_reversed r ON r.key = s.end_key
WHERE s.returned_points <> coalesce(c.points, 0) OR s.returned_points > coalesce(r.reversed, 0)
"""

_DEPOSITS = """
WITH booked AS (
    SELECT coalesce(nullif(replace(to_code, 'prefund:', ''), ''), from_code) AS partner,
           sum(CASE kind WHEN 'redemption.loaded' THEN amount ELSE -amount END) AS ntd
    FROM pub.ledger_transfers
    WHERE kind IN ('redemption.loaded', 'redemption.unloaded') GROUP BY 1),
given AS (
    SELECT s.partner, sum(CASE WHEN s.state = 'settled' THEN s.ntd ELSE 0 END)
           + coalesce(sum(c.ntd), 0) AS ntd
    FROM redemptions_session s
    LEFT JOIN (SELECT session_id, sum(CASE kind WHEN 'charged' THEN ntd ELSE -ntd END) AS ntd
               FROM redemptions_correction GROUP BY session_id) c ON c.session_id = s.id
    GROUP BY s.partner)
SELECT b.partner AS about,
       format('NT$%%s drawn from the deposit, NT$%%s given', b.ntd, coalesce(g.ntd, 0)) AS says
FROM booked b LEFT JOIN given g ON g.partner = b.partner
WHERE b.ntd IS DISTINCT FROM coalesce(g.ntd, 0)
"""

_CHECKS = {
    "redemptions.holds": _HOLDS,
    "redemptions.orphans": _ORPHANS,
    "redemptions.partners": _PARTNERS,
    "redemptions.evidence": _EVIDENCE,
    "redemptions.returns": _RETURNS,
    "redemptions.deposits": _DEPOSITS,
}


def verify() -> list[Finding]:
    """Prove that nothing was loaded twice or lost; returns what doesn't fit, which should be
    nothing.
    """
    return [
        Finding(check=check, about=str(row.about), says=row.says)
        for check, sql in _CHECKS.items()
        for row in rows(sql, [])
    ]
