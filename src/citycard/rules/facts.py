"""How the facts of a person are read.

Facts are a plain mapping; a key that is absent, or whose value is None, is not known::

    {"birth_on": date, "sex": "f" | "m", "id_kind": "citizen", "registered_city": "<code>",
     "registered_district": "中正區", "registered_since": date, "resides_in_city": True, "died_on":
     date, "statuses": {code: held}, "relations": {code: held}, "approvals": {entitlement: held},
     "school": {"level": "primary", "in_city": True, "graduates_on": date, "code": "<school>"},
     "employer_agency": "health"}

*held* is True, False, a span of days, or several spans; with spans the engine knows when it
changes. A status may also say more: ``{"held": …, "grade": "severe"}``. Nothing on record means
unknown, with two exceptions that the city itself keeps: an approval that isn't there was not
given, a death that isn't there didn't happen. An empty school or employer (``{}``, ``""``) says
that there is none.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from citycard.kernel.periods import DateSpan
from citycard.rules.kleene import NO, UNKNOWN, YES

Facts = Mapping[str, Any]
NOTHING: Mapping[str, Any] = {}


def held_on(held: Any, on: dt.date) -> int:
    """Tell whether something that is held for a time covers a day."""
    if held is True:
        return YES
    if held is False:
        return NO
    if held is None:
        return UNKNOWN
    if isinstance(held, Mapping):
        return held_on(held.get("held"), on)
    return YES if any(on in span for span in _spans(held)) else NO


def next_boundary(held: Any, on: dt.date) -> dt.date | None:
    """Return the first day after ``on`` at which a span begins or ends."""
    if held is None or isinstance(held, bool):
        return None
    if isinstance(held, Mapping):
        return next_boundary(held.get("held"), on)
    edges = (edge for span in _spans(held) for edge in (span.start, span.end))
    return earliest(edge for edge in edges if edge is not None and edge > on)


def earliest(days: Iterable[dt.date | None]) -> dt.date | None:
    """Return the first of some days, leaving out None."""
    return min((day for day in days if day is not None), default=None)


def _spans(held: Any) -> Iterable[DateSpan]:
    return (held,) if isinstance(held, DateSpan) else held
