"""Count people from their visits of one service in one month. Pure.

Every figure here is a sum over people, so the figures of a change are those of the people it
touches, after it less before it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from citycard.insight.columns import U32, Ints
from citycard.insight.visits import DAYS, NEW, Visits, changes

EVERYWHERE = ""
"""Stands for all agencies of a service together."""

Tally = Counter[tuple[str, str, int]]
"""People by (what, agency, key), as ``insight_count`` names them."""

PEOPLE = ("people", "new", "day_people", "days", "interval", "place_people")
_KEYS = 32


def tally(
    visits: Visits, agencies: Mapping[str, Sequence[int]], before: U32 | None = None
) -> Tally:
    """Count the people of sorted visits, of each agency and everywhere.

    :param agencies: the places of each agency
    :param before: days of the same visits as they were counted before; counts are what changed
    """
    found: Tally = Counter()
    if not len(visits.at):
        return found
    days = visits.days
    before = np.zeros(len(days), dtype=np.uint32) if before is None else before
    names, place = list(agencies), visits.place
    scopes = np.zeros(max(map(max, agencies.values())) + 1, dtype=np.uint16)
    for n, places in enumerate(agencies.values()):
        scopes[places] = n
    came = np.bincount(place[days > 0], minlength=len(scopes))
    came -= np.bincount(place[before > 0], minlength=len(scopes))
    for at in np.flatnonzero(came).tolist():
        found["place_people", names[scopes[at]], at] = int(came[at])
    who = visits.who
    starts = changes(who)
    everywhere = np.zeros(len(starts), dtype=np.int64)
    _add(found, *_ored(days, before, starts), everywhere, [EVERYWHERE])
    scope = scopes[place]
    if (scope == scope[0]).all():  # the same people again
        for (what, _, key), n in list(found.items()):
            if what != "place_people":
                found[what, names[scope[0]], key] = n
        return found
    order = np.argsort(scope, kind="stable")
    scope = scope[order]
    starts = changes(who[order], scope.astype(np.uint32))
    of = scope[starts].astype(np.int64)
    _add(found, *_ored(days[order], before[order], starts), of, names)
    return found


def _ored(days: U32, before: U32, starts: Ints) -> tuple[U32, U32]:
    return np.bitwise_or.reduceat(days, starts), np.bitwise_or.reduceat(before, starts)


def _add(found: Tally, days: U32, before: U32, scope: Ints, names: list[str]) -> None:
    """Count people a scope, each once: by their days now, less by those before."""
    changed = np.flatnonzero(days != before)
    days, before, scope = days[changed], before[changed], scope[changed]
    size = len(names) * _KEYS

    def put(what: str, now: Ints, then: Ints) -> None:
        change = np.bincount(now, minlength=size) - np.bincount(then, minlength=size)
        for at in np.flatnonzero(change).tolist():
            found[what, names[at // _KEYS], at % _KEYS] = int(change[at])

    at = scope * _KEYS
    now, then = (days & DAYS) > 0, (before & DAYS) > 0
    put("people", at[now], at[then])
    put("new", at[days >= NEW], at[before >= NEW])
    moved = int(np.bitwise_or.reduce(days ^ before)) & int(DAYS)
    for day in range(moved.bit_length()):
        if moved >> day & 1:
            on_it, was = (it >> np.uint32(day) & np.uint32(1) == 1 for it in (days, before))
            put("day_people", at[on_it] + day + 1, at[was] + day + 1)
    count = [np.bitwise_count(each & DAYS).astype(np.int64) for each in (days, before)]
    put("days", (at + count[0])[now], (at + count[1])[then])
    gap, gap_before = median_gaps(days & DAYS), median_gaps(before & DAYS)
    put("interval", (at + gap)[gap > 0], (at + gap_before)[gap_before > 0])


def median_gaps(days: U32) -> Ints:
    """Return the median of the days from one day of use to the next, of two middle ones the
    smaller; 0 for who came on one day only.

    A day is followed within k days where any of the k bits after it is set: the median is the first
    k within which half of the days that are followed at all are.
    """
    followed_at_all = np.bitwise_count(days).astype(np.int64) - 1
    median = np.zeros(len(days), dtype=np.int64)
    left = np.flatnonzero(followed_at_all > 0)
    days, half = days[left], (followed_at_all[left] + 1) // 2
    within = np.zeros_like(days)
    for k in range(1, _KEYS - 1):
        within |= days >> np.uint32(k)
        found = np.bitwise_count(days & within) >= half
        median[left[found]] = k
        left, days, half, within = (it[~found] for it in (left, days, half, within))
    return median
