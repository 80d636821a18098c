"""From answers on days to periods with exact boundaries."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from citycard.kernel.periods import DateSpan
from citycard.rules.condition import Condition
from citycard.rules.facts import Facts
from citycard.rules.kleene import Verdict


@dataclass(frozen=True)
class Phase:
    """A span of days with one answer."""

    span: DateSpan
    verdict: Verdict


def phases(
    condition: Condition, facts: Facts, start: dt.date, end: dt.date | None = None
) -> Iterator[Phase]:
    """Yield the spans from ``start`` in which the answer is the same, until ``end`` or for ever.

    It steps from one possible change to the next, so a boundary is exact to the day.
    """
    began, verdict, day = start, condition.holds(facts, start), start
    while (change := condition.next_change(facts, day)) is not None:
        if end is not None and change >= end:
            break
        day, now = change, condition.holds(facts, change)
        if now is not verdict:
            yield Phase(DateSpan(began, day), verdict)
            began, verdict = day, now
    yield Phase(DateSpan(began, end), verdict)
