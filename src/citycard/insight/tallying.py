"""Count people from their visits of one service in one month. Pure.

Every figure here is a sum over people, so the figures of a change are those of the people it
touches, after it less before it.
"""

from collections import Counter

import numpy as np

from citycard.insight.columns import U32, Ints, Records
from citycard.insight.visits import DAYS, NEW, changes

EVERYWHERE = ""
"""Stands for all agencies of a service together."""

Tally = Counter[tuple[str, str, int]]
"""People by (what, agency, key), as ``insight_count`` names them."""

PEOPLE = ("people", "new", "day_people", "days", "interval", "place_people")


def tally(visits: Records, agencies: dict[int, str]) -> Tally:
    """Count the people of sorted visits, of each agency and everywhere.

    :param agencies: the agency of each place
    """
    found: Tally = Counter()
    if not len(visits):
        return found
    names = sorted({*agencies.values()})
    place, number = np.unique(visits["place"], return_inverse=True)
    of_place = [agencies[it] for it in place.tolist()]
    for at, n in enumerate(np.bincount(number).tolist()):
        found["place_people", of_place[at], int(place[at])] = n
    _add(found, visits, np.zeros(len(visits), dtype=np.int64), [EVERYWHERE])
    if len(set(of_place)) == 1:  # the same people again
        for (what, _, key), n in list(found.items()):
            if what != "place_people":
                found[what, of_place[0], key] = n
        return found
    ranks = {name: n for n, name in enumerate(names)}
    scope = np.array([ranks[name] for name in of_place], dtype=np.int64)[number]
    order = np.argsort(scope, kind="stable")
    _add(found, visits[order], scope[order], names)
    return found


def _add(found: Tally, visits: Records, scope: Ints, names: list[str]) -> None:
    """Count people a scope; the visits are sorted by scope and person."""
    starts = changes(visits["who"], scope.astype(np.uint64))
    days = np.bitwise_or.reduceat(visits["days"], starts)
    of = scope[starts]
    zero = np.zeros(len(days), dtype=np.int64)
    _count(found, "people", names, of, zero)
    is_new = days >= NEW
    _count(found, "new", names, of[is_new], zero[is_new])
    days &= DAYS
    for day in range(31):
        on_it = (days >> np.uint32(day)) & np.uint32(1) == 1
        _count(found, "day_people", names, of[on_it], zero[on_it] + day + 1)
    _count(found, "days", names, of, np.bitwise_count(days).astype(np.int64))
    gap = median_gaps(days)
    _count(found, "interval", names, of[gap > 0], gap[gap > 0])


def _count(found: Tally, what: str, names: list[str], scope: Ints, key: Ints) -> None:
    counts = np.bincount(scope * 32 + key)
    for at in np.flatnonzero(counts).tolist():
        found[what, names[at // 32], at % 32] = int(counts[at])


def median_gaps(days: U32) -> Ints:
    """Return the median of the days from one day of use to the next, of two middle ones the
    smaller; 0 for who came on one day only."""
    patterns, number = np.unique(days, return_inverse=True)
    row, day = np.nonzero((patterns[:, None] >> np.arange(31, dtype=np.uint32)) & np.uint32(1))
    same = row[1:] == row[:-1]
    row, gap = row[1:][same], (day[1:] - day[:-1])[same]
    order = np.lexsort((gap, row))
    row, gap = row[order], gap[order]
    starts = changes(row.astype(np.uint64))
    count = np.diff(np.append(starts, len(row)))
    median = np.zeros(len(patterns), dtype=np.int64)
    median[row[starts]] = gap[starts + (count - 1) // 2]
    return median[number]
