"""From a person's facts over time to the days on which they have each right. Pure: no database, no
clock."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from citycard.kernel.periods import DateSpan

MOST_STEPS = 200
"""No rule of people changes its answer so often in a life; more is a rule that never settles."""

AHEAD = dt.timedelta(days=1)
"""A right is stored on the eve of its first day, so that it holds from midnight whenever a job
runs."""

Spans = tuple[DateSpan, ...]


class Rule(Protocol):
    """What deciding needs of a rule."""

    @property
    def code(self) -> str:
        """The entitlement's code."""

    @property
    def follows(self) -> str | None:
        """The entitlement that it is held only together with."""

    def may_hold(self, facts: Mapping[str, Any]) -> bool:
        """Tell cheaply whether it could ever hold while these facts stand (an approval is
        there)."""

    def test(self, on: dt.date) -> Callable[[Mapping[str, Any]], bool]:
        """Return the test for one day: True only when the rule says yes."""

    def next_change(self, facts: Mapping[str, Any], on: dt.date) -> dt.date | None:
        """Return the first day after ``on`` on which time alone could change the answer."""


@dataclass(frozen=True)
class Stretch:
    """Days over which a person's facts stay the same; ``end`` None is for ever."""

    start: dt.date
    end: dt.date | None
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Rewrite:
    """What to write for one right of one person: rows to close by id, and days to add."""

    closed: tuple[int, ...]
    added: Spans


def all_spans(rules: Sequence[Rule], stretches: Sequence[Stretch], on: dt.date) -> dict[str, Spans]:
    """Return for each rule the days from ``on`` to ever on which its right is held.

    A right that follows another is held only with it.
    """
    spans = {rule.code: spans_of(rule, stretches, on) for rule in rules}
    for rule in rules:
        if rule.follows in spans:
            spans[rule.code] = meet(spans[rule.code], spans[rule.follows])
    return spans


def spans_of(rule: Rule, stretches: Sequence[Stretch], on: dt.date) -> Spans:
    """Return the days from ``on`` on which one rule says yes."""
    found: list[DateSpan] = []
    for stretch in stretches:
        if (stretch.end is None or stretch.end > on) and rule.may_hold(stretch.facts):
            found.extend(_spans_in(rule, stretch, max(on, stretch.start)))
    return join(found)


def _spans_in(rule: Rule, stretch: Stretch, day: dt.date) -> Iterable[DateSpan]:
    for _ in range(MOST_STEPS):
        until = _sooner(rule.next_change(stretch.facts, day), stretch.end)
        if rule.test(day)(stretch.facts):
            yield DateSpan(day, until)
        if until is None or until == stretch.end:
            return
        day = until
    raise AssertionError(f"rule {rule.code} never settles")


def rewrite(held: Sequence[tuple[int, DateSpan]], wanted: Spans, on: dt.date) -> Rewrite | None:
    """Compare stored days with wanted ones from ``on`` onward; None when nothing differs.

    Days before ``on`` are kept as they are.

    :param held: (row id, days) that reach beyond ``on``
    """
    if _onward((span for _, span in held), on) == wanted:
        return None
    before = [DateSpan(span.start, on) for _, span in held if _day(span.start) < on]
    return Rewrite(closed=tuple(row for row, _ in held), added=join([*before, *wanted]))


def lost_on(held: Iterable[DateSpan], wanted: Spans, on: dt.date) -> dt.date | None:
    """Return the first day from ``on`` that stored days cover and wanted ones don't; None: no day
    is lost.

    :param held: days that reach beyond ``on``
    """
    lost = without(_onward(held, on), wanted)
    return lost[0].start if lost else None


def _onward(spans: Iterable[DateSpan], on: dt.date) -> Spans:
    return join(DateSpan(max(_day(span.start), on), span.end) for span in spans)


def next_look(spans: Iterable[DateSpan], today: dt.date) -> dt.date | None:
    """Return the day after ``today`` on which to decide again: the eve of a beginning, the day of
    an end."""
    looks: list[dt.date] = []
    for span in spans:
        looks.append(_day(span.start) - AHEAD)
        if span.end is not None:
            looks.append(span.end)
    return min((day for day in looks if day > today), default=None)


def in_force(spans: Spans, today: dt.date) -> DateSpan | None:
    """Return the span that counts on a day: one that covers it, or else begins on the next."""
    return next(
        (span for span in spans if span.meets(DateSpan(today, today + AHEAD + AHEAD))), None
    )


def begun_by(spans: Spans, day: dt.date) -> Spans:
    """Return the spans that begin on or before a day: a later one is not stored yet."""
    return tuple(span for span in spans if _day(span.start) <= day)


def join(spans: Iterable[DateSpan]) -> Spans:
    """Return spans in order, those that touch or overlap made one; empty ones left out."""
    joined: list[DateSpan] = []
    for span in sorted(spans, key=lambda each: _day(each.start)):
        if span.start == span.end:
            continue
        if joined and (joined[-1].end is None or joined[-1].end >= _day(span.start)):
            joined[-1] = DateSpan(joined[-1].start, _later(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)


def meet(ours: Spans, theirs: Spans) -> Spans:
    """Return the days that both cover."""
    return join(
        DateSpan(max(_day(a.start), _day(b.start)), _sooner(a.end, b.end))
        for a in ours
        for b in theirs
        if a.meets(b)
    )


def without(ours: Spans, theirs: Spans) -> Spans:
    """Return our days that they don't cover."""
    left = list(ours)
    for taken in theirs:
        left = [piece for span in left for piece in _cut(span, taken)]
    return join(left)


def _cut(span: DateSpan, taken: DateSpan) -> Iterable[DateSpan]:
    if not span.meets(taken):
        yield span
        return
    if _day(span.start) < _day(taken.start):
        yield DateSpan(span.start, taken.start)
    if taken.end is not None and (span.end is None or taken.end < span.end):
        yield DateSpan(taken.end, span.end)


def _day(start: dt.date | None) -> dt.date:
    return start if start is not None else dt.date.min


def _sooner(one: dt.date | None, other: dt.date | None) -> dt.date | None:
    return min((day for day in (one, other) if day is not None), default=None)


def _later(one: dt.date | None, other: dt.date | None) -> dt.date | None:
    return None if one is None or other is None else max(one, other)
