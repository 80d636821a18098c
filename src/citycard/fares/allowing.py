"""How far a month's allowance pays, ride after ride of each person.

Where points are used for a part and what is granted only grows, the rides of a month need no
stepping: what is used before a ride is a clipped running sum. Where a short balance is left alone,
or a limit meets a balance that grows within the month, the k-th ride of every person is decided
at once.
"""

from typing import NamedTuple

import numpy as np

from citycard.fares.lockstep import segments, starts_of, steps, sum_before
from citycard.fares.values import Column, Flags

_APART = 2**40  # farther than any sum of points lies from another


class Wanted(NamedTuple):
    """What rides would take of the allowance.

    :ivar points: wanted
    :ivar open: granted so far
    :ivar limit: the limit that the category counts against, -1 without one
    :ivar at_most: that limit's points on this day
    :ivar partial: whether a part will do
    """

    person: Column
    points: Column
    open: Column
    limit: Column
    at_most: Column
    partial: Flags

    def of(self, rows: Column) -> "Wanted":
        """Return some of the rows."""
        return Wanted(
            self.person[rows],
            self.points[rows],
            self.open[rows],
            self.limit[rows],
            self.at_most[rows],
            self.partial[rows],
        )


def paid(wanted: Wanted, limits: int) -> Column:
    """Return the points that pay for each ride."""
    given = np.zeros(len(wanted.points), dtype=np.int64)
    asks = np.flatnonzero(wanted.points > 0)
    if not len(asks):
        return given
    asking = wanted.of(asks)
    segment = segments(asking.person)
    hard = _needs_steps(asking, segment)
    for some, decide in ((np.flatnonzero(~hard), _by_sums), (np.flatnonzero(hard), _by_steps)):
        if len(some):
            rides = asking.of(some)
            given[asks[some]] = decide(rides, segments(rides.person), limits)
    return given


def _needs_steps(wanted: Wanted, segment: Column) -> Flags:
    """Tell which rides belong to a person-month in which state feeds back."""
    first = starts_of(segment)
    limited = wanted.limit >= 0
    grows = wanted.open != wanted.open[first]
    # The limit of a category may be another on another day of the month.
    dated = limited & (wanted.at_most != _first_limit(wanted, segment))
    people = int(segment[-1]) + 1
    has = [_people(segment, flags, people) for flags in (~wanted.partial, dated, grows, limited)]
    hard: Flags = (has[0] | has[1] | (has[2] & has[3]))[segment]
    return hard


def _people(segment: Column, flags: Flags, people: int) -> Flags:
    found = np.zeros(people, dtype=np.bool_)
    found[segment[flags]] = True
    return found


def _first_limit(wanted: Wanted, segment: Column) -> Column:
    """Return the points of each row's limit as they were at its person's first ride under it."""
    key = segment * (int(wanted.limit.max()) + 2) + wanted.limit + 1
    found, first = np.unique(key, return_index=True)
    column: Column = wanted.at_most[first[np.searchsorted(found, key)]]
    return column


def _by_sums(wanted: Wanted, segment: Column, limits: int) -> Column:
    """Decide by running sums: first the limit of the category, then the whole allowance."""
    want = wanted.points.copy()
    for limit in range(limits):
        rows = wanted.limit == limit
        before = sum_before(segment, np.where(rows, want, 0))
        left = np.maximum(wanted.at_most - before, 0)
        want[rows] = np.minimum(want, left)[rows]
    used = _used_before(segment, want, wanted.open)
    points: Column = np.clip(wanted.open - used, 0, want)
    return points


def _used_before(segment: Column, want: Column, granted: Column) -> Column:
    """Return what earlier rides used: all they wanted, less what each found missing."""
    before = sum_before(segment, want)
    spare = granted - before - want
    # One running minimum serves all persons: each lies far below the ones before.
    lowest = np.minimum.accumulate(np.minimum(spare, 0) - segment * _APART) + segment * _APART
    missing = np.zeros(len(want), dtype=np.int64)
    missing[1:] = np.where(segment[1:] == segment[:-1], lowest[:-1], 0)
    used: Column = before + missing
    return used


def _by_steps(wanted: Wanted, segment: Column, limits: int) -> Column:
    """Decide the first ride of every person, then the second one …"""
    people = int(segment[-1]) + 1
    used = np.zeros(people, dtype=np.int64)
    used_of = np.zeros((limits + 1, people), dtype=np.int64)  # the last row: no limit
    points = np.zeros(len(segment), dtype=np.int64)
    for rows, slots in steps(segment):
        limit = wanted.limit[rows]
        left = wanted.open[rows] - used[slots]
        under = wanted.at_most[rows] - used_of[limit, slots]
        left = np.where(limit < 0, left, np.minimum(left, under))
        want = wanted.points[rows]
        some = np.clip(left, 0, want)
        some = np.where(wanted.partial[rows] | (some == want), some, 0)
        points[rows] = some
        used[slots] += some
        used_of[limit, slots] += some
    return points
