"""What the house's auditor asks of issuing: every blank accounted for, one live card a blank."""

import datetime as dt

from citycard.infra.database import rows
from citycard.issuing import states
from citycard.kernel.findings import Finding

_BLANKS = """
SELECT b.id, b.state, m.after AS last, m.moves FROM issuing_blank b
LEFT JOIN LATERAL (
    SELECT (array_agg(after ORDER BY id DESC))[1] AS after, count(*) AS moves
    FROM issuing_blank_move WHERE blank_id = b.id
) m ON true
WHERE m.after IS DISTINCT FROM b.state
"""

_CHAIN = """
SELECT blank_id, before, expected FROM (
    SELECT blank_id, before, lag(after) OVER (PARTITION BY blank_id ORDER BY id) AS expected
    FROM issuing_blank_move
) m WHERE before IS DISTINCT FROM expected
"""

_PRINTS = """
SELECT p.id, p.state, b.state AS blank FROM issuing_print p LEFT JOIN issuing_blank b ON b.id =
    p.blank_id
"""

_LOADED = """
SELECT b.id FROM issuing_blank b WHERE b.state IN ('loaded', 'issued')
  AND NOT EXISTS (SELECT FROM issuing_print p WHERE p.blank_id = b.id)
  AND NOT EXISTS (SELECT FROM issuing_blank_move m WHERE m.blank_id = b.id AND m.reason = 'unnamed')
"""

_CARDS = """
SELECT p.id FROM issuing_print p LEFT JOIN pub.cards c ON c.card_id = p.card_id
WHERE p.state = 'handed_over' AND c.card_id IS NULL
"""


def verify(*, now: dt.datetime) -> list[Finding]:
    """Return what doesn't add up: blanks whose ledger tells another story, prints without their
    blank."""
    findings = [
        _finding(
            "issuing.stock", f"blank {one.id}", f"it is {one.state}, its ledger says {one.last}"
        )
        for one in rows(_BLANKS)
    ]
    findings += [
        _finding("issuing.moves", f"blank {one.blank_id}", f"{one.before} follows {one.expected}")
        for one in rows(_CHAIN)
    ]
    findings += [
        _finding("issuing.prints", f"print {one.id}", f"it is {one.state}, its blank {one.blank}")
        for one in rows(_PRINTS)
        if states.BLANK_WHILE[one.state] != one.blank
    ]
    findings += [
        _finding("issuing.stock", f"blank {one.id}", "no print has it") for one in rows(_LOADED)
    ]
    findings += [
        _finding("issuing.cards", f"print {one.id}", "handed over, but no card is known of it")
        for one in rows(_CARDS)
    ]
    return findings


def _finding(check: str, about: str, says: str) -> Finding:
    return Finding(check=check, about=about, says=says)
