"""On which days a right gives its holders the value that a mark asks for.

What a right gives may depend on facts of its holder (a pupil's school), so it is looked at on each
of the month's days on which one of their facts begins or ends. Few values come of many people's
facts, so few are worked out.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from citycard.entitlements import api as entitlements
from citycard.fares.book import Mark
from citycard.fares.holding import Periods
from citycard.kernel.periods import next_month
from citycard.people import api as people

_EPOCH = dt.date(1970, 1, 1)


def given(*, mark: Mark, held: Periods, month: dt.date) -> Periods:
    """Return the days of a month on which holders of the mark's right are given its values."""
    members = [int(member) for member in np.unique(held.key)]
    if not members:
        return held
    days = _days(members, month)
    by_day: dict[dt.date, list[int]] = defaultdict(list)
    for member, own in days.items():
        for day in own:
            by_day[day].append(member)
    assert mark.entitlement is not None, "a gift is a right's"
    holds = {
        (member, day)
        for day, asked in by_day.items()
        for member in _given_on(mark, mark.entitlement, asked, day)
    }
    return _within(held, _spans(days, holds, next_month(month)))


def _days(members: list[int], month: dt.date) -> dict[int, list[dt.date]]:
    changes = people.days_of_change(member_ids=members, after=month)
    end = next_month(month)
    return {member: [month, *(day for day in changes[member] if day < end)] for member in members}


def _given_on(mark: Mark, code: str, members: list[int], day: dt.date) -> Iterable[int]:
    gifts = entitlements.gifts_of(
        member_ids=members, entitlement=code, gifts=sorted(mark.gift), on=day
    )
    return [member for member in members if gifts[member] == mark.gift]


def _spans(
    days: dict[int, list[dt.date]], holds: set[tuple[int, dt.date]], end: dt.date
) -> Iterable[tuple[int, int, int]]:
    for member, own in days.items():
        for start, until in zip(own, [*own[1:], end], strict=True):
            if (member, start) in holds:
                yield member, (start - _EPOCH).days, (until - _EPOCH).days


def _within(held: Periods, spans: Iterable[tuple[int, int, int]]) -> Periods:
    """Cut spans to the days on which the right itself is held."""
    own: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for member, start, end in zip(
        held.key.tolist(), held.start.tolist(), held.end.tolist(), strict=True
    ):
        own[member].append((start, end))
    cut = sorted(
        (member, max(start, begins), min(end, ends))
        for member, start, end in spans
        for begins, ends in own[member]
        if max(start, begins) < min(end, ends)
    )
    table = np.array(cut, np.int64).reshape(-1, 3)
    return Periods(table[:, 0], table[:, 1], table[:, 2])
