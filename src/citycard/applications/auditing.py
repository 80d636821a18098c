"""What the house's auditor asks of applications."""

import datetime as dt

from citycard.applications import states
from citycard.applications.deciding import state_of_application
from citycard.infra.database import rows
from citycard.kernel.findings import Finding


def verify(*, now: dt.datetime) -> list[Finding]:
    """Return what doesn't add up: states that contradict each other, changes without a trace."""
    return [*_ended_or_open(), *_untold(), *_supplements()]


def _ended_or_open() -> list[Finding]:
    found = rows(
        "SELECT a.id, a.state, array_agg(p.state) AS parts FROM applications_application a"
        " JOIN applications_part p ON p.application_id = a.id GROUP BY a.id ORDER BY a.id"
    )
    findings = []
    for one in found:
        ended = state_of_application(one.parts)
        right = one.state in states.APPLICATION_OPEN if ended is None else one.state == ended
        if not right:
            says = f"the application is {one.state}, its parts are {sorted(one.parts)}"
            findings.append(_finding("applications.states", f"application {one.id}", says))
    return findings


def _untold() -> list[Finding]:
    found = rows(
        """
        SELECT p.id, p.state FROM applications_part p
        WHERE p.state IN ('approved', 'refused', 'completed', 'withdrawn') AND NOT EXISTS (
            SELECT FROM applications_timeline t WHERE t.part_id = p.id AND t.code =
                'applications.part.' || p.state)
        """
    )
    return [
        _finding("applications.timeline", f"part {one.id}", f"{one.state}, but nothing tells of it")
        for one in found
    ]


def _supplements() -> list[Finding]:
    found = rows(
        """
        SELECT p.id, p.state, count(s.id) AS asked FROM applications_part p
        LEFT JOIN applications_supplement s ON s.part_id = p.id AND s.answered_at IS NULL
        GROUP BY p.id HAVING (p.state = 'supplement') <> (count(s.id) = 1)
        """
    )
    return [
        _finding("applications.supplements", f"part {one.id}", f"{one.state} with {one.asked} open")
        for one in found
    ]


def _finding(check: str, about: str, says: str) -> Finding:
    return Finding(check=check, about=about, says=says)
