"""On which days a right gives its holders the value that a mark asks for.

What a right gives may depend on facts of its holder (a pupil's school), so it is looked at on each
of the month's days on which one of their facts begins or ends. Few values come of many people's
facts, so few are worked out.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from citycard.entitlements import api as entitlements
from citycard.fares.book import Mark
from citycard.fares.holding import Periods
from citycard.fares.spans import day_number
from citycard.fares.values import Column, Flags
from citycard.kernel.periods import next_month
from citycard.people import api as people


def given(
    *, marks: Sequence[Mark], held: Periods, month: dt.date, since: dt.date
) -> dict[str, Periods]:
    """Return, by mark, the days of a month on which holders of a right are given its values.

    :param marks: those that ask for values of one right
    :param since: from this day to the month's first it is taken to have been as on that
    """
    members = np.unique(held.key).tolist()
    if not members:
        return {mark.code: held for mark in marks}
    days = _days(members, month)
    by_day: dict[dt.date, list[int]] = defaultdict(list)
    for member, own in days.items():
        for day in own:
            by_day[day].append(member)
    spans = _Spans.of(days, next_month(month)).since(month, since)
    gifts = {day: _gifts_on(marks, asked, day) for day, asked in by_day.items()}
    known = [gifts[day][member] for member, own in days.items() for day in own]
    return {mark.code: _within(held, spans.where(_gives(known, mark))) for mark in marks}


class _Spans(NamedTuple):
    """Days of a month between which nothing of a member changes."""

    member: Column
    start: Column
    end: Column

    @classmethod
    def of(cls, days: Mapping[int, Sequence[dt.date]], end: dt.date) -> "_Spans":
        """Take the days on which each member's begin; the last one lasts to the end."""
        rows = [
            (member, day_number(start), day_number(until))
            for member, own in days.items()
            for start, until in zip(own, [*own[1:], end], strict=True)
        ]
        return cls(*np.array(rows, np.int64).reshape(-1, 3).T)

    def since(self, first: dt.date, since: dt.date) -> "_Spans":
        """Let those of a first day begin earlier."""
        begin = np.where(self.start == day_number(first), day_number(since), self.start)
        return self._replace(start=begin)

    def where(self, some: Flags) -> "_Spans":
        """Return some of them."""
        return _Spans(self.member[some], self.start[some], self.end[some])


def _days(members: list[int], month: dt.date) -> dict[int, list[dt.date]]:
    changes = people.days_of_change(member_ids=members, after=month)
    end = next_month(month)
    return {member: [month, *(day for day in changes[member] if day < end)] for member in members}


def _gifts_on(
    marks: Sequence[Mark], members: list[int], day: dt.date
) -> Mapping[int, Mapping[str, Any]]:
    entitlement = marks[0].entitlement
    assert entitlement is not None, "a gift is a right's"
    names = sorted({name for mark in marks for name in mark.gift})
    return entitlements.gifts_of(member_ids=members, entitlement=entitlement, gifts=names, on=day)


def _gives(known: Sequence[Mapping[str, Any]], mark: Mark) -> Flags:
    """Tell where all that a mark asks for is given."""
    asked = mark.gift.items()
    return np.array([all(own.get(name) == value for name, value in asked) for own in known], bool)


def _within(held: Periods, spans: _Spans) -> Periods:
    """Cut spans to the days on which the right itself is held."""
    first, after = (np.searchsorted(held.key, spans.member, side) for side in ("left", "right"))
    many = after - first
    row = np.repeat(np.arange(len(first)), many)
    place = np.arange(len(row)) + np.repeat(first - np.cumsum(many) + many, many)
    start = np.maximum(spans.start[row], held.start[place])
    end = np.minimum(spans.end[row], held.end[place])
    some = start < end
    member, start, end = spans.member[row][some], start[some], end[some]
    order = np.lexsort((start, member))
    return Periods(member[order], start[order], end[order])
