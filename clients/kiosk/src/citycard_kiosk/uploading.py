"""Uploading the journal: each redemption once it has ended, and every day the whole day again.

The city compares these lines with the card company's file and its own books. A line that is sent
twice is one line there.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from citycard_kiosk import failpoints
from citycard_kiosk.city import City
from citycard_kiosk.journal import NOT_TOUCHED, Journal, Line

AT_ONCE = 100


def upload(journal: Journal, city: City) -> int:
    """Send what has ended since the last time; returns how many lines.

    :raises Silent: the city doesn't answer; the rest is sent next time
    """
    sent = 0
    while lines := journal.unsent(AT_ONCE):
        _send(journal, city, lines)
        sent += len(lines)
    return sent


def upload_day(journal: Journal, city: City, today: dt.date) -> int:
    """Send the days before today whole, once; returns how many lines.

    :raises Silent: the city doesn't answer; the day is sent next time
    """
    sent = 0
    for day in journal.days_to_send(today):
        lines = journal.lines_of(day)
        for start in range(0, len(lines), AT_ONCE):
            _send(journal, city, lines[start : start + AT_ONCE])
        journal.note_day(day)
        sent += len(lines)
    return sent


def _send(journal: Journal, city: City, lines: Sequence[Line]) -> None:
    city.journal([told(line) for line in lines])
    failpoints.reach("agent.uploaded")
    journal.note_sent(lines)


def told(line: Line) -> Mapping[str, Any]:
    """Return a line as the city wants to hear it."""
    return {
        "key": str(line.key),
        "seq": line.seq,
        "number": line.number,
        "counter": line.counter_before + 1,
        "ntd": line.ntd,
        "purse_before": line.purse_before,
        "purse_after": line.purse_after,
        "wrote": wrote(line),
        "at": dt.datetime.fromtimestamp(line.begun_at, dt.UTC).isoformat(),
    }


def wrote(line: Line) -> bool | None:
    """Tell whether the card was written; None when we don't know."""
    if line.purse_after is not None or line.outcome == "settled":
        return True
    if line.state in NOT_TOUCHED or line.outcome in ("released", "never reserved"):
        return False
    return None
