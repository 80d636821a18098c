"""Who came where on which days of a month, as sorted numbers of 64 bits. Pure."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from citycard.insight.columns import U32, U64, Bools, Ints

WEEKS = 4
NEW = np.uint32(1 << 31)
"""Says that the person's first use of the service ever lies in this month."""

DAYS = np.uint32(NEW - 1)
_DAYS_A_WEEK = 8
_WEEK = np.uint64(255)
_PLACE = np.uint64(8)
_WHO = np.uint64(32)
_LOW = np.uint64(2**32 - 1)


class Visits(NamedTuple):
    """People at places in one month, sorted, each pair once.

    :ivar at: person * 2**32 + place
    :ivar days: bit n is day n + 1; ``NEW`` the highest
    """

    at: U64
    days: U32

    @property
    def who(self) -> U32:
        """Return whose each visit is."""
        return who_of(self.at)

    @property
    def place(self) -> U32:
        """Return where each visit was."""
        return low_of(self.at)


NO_VISITS = Visits(np.empty(0, np.uint64), np.empty(0, np.uint32))
NOTHING = np.empty(0, dtype=np.uint64)


def records(who: U32, low: U32 | np.uint32) -> U64:
    """Return numbers that begin with a person."""
    found: U64 = who.astype(np.uint64) << _WHO | low
    return found


def who_of(kept: U64) -> U32:
    """Return the person that each number begins with."""
    return (kept >> _WHO).astype(np.uint32)


def low_of(kept: U64) -> U32:
    """Return what follows the person in each number: a place, or of a first use its month."""
    return (kept & _LOW).astype(np.uint32)


def visits_of(at: U64, days: U32) -> Visits:
    """Return visits sorted by person and place, each pair once with all of its days."""
    order = np.argsort(at, kind="stable")
    at, days = at[order], days[order]
    starts = changes(at)
    return Visits(at[starts], np.bitwise_or.reduceat(days, starts) if len(starts) else days)


def together(parts: Sequence[Visits]) -> Visits:
    """Return the visits of all parts."""
    return visits_of(
        np.concatenate([NOTHING, *(part.at for part in parts)]),
        np.concatenate([NO_VISITS.days, *(part.days for part in parts)]),
    )


def of_week(visits: Visits, week: int) -> U64:
    """Return what is kept of visits for one week of the month: person (32 bits), place (24), and
    days of the week (8)."""
    days = (visits.days & DAYS) >> np.uint32(week * _DAYS_A_WEEK) & np.uint32(_WEEK)
    came = days > 0
    at = visits.at[came]
    found: U64 = (at >> _WHO << _WHO) | (at & _LOW) << _PLACE | days[came]
    return found


def from_weeks(weeks: dict[int, U64]) -> Visits:
    """Return the visits that are kept for some weeks."""
    return together([from_week(kept, week) for week, kept in weeks.items()])


def from_week(kept: U64, week: int) -> Visits:
    """Return the visits that are kept for one week."""
    days = (kept & _WEEK).astype(np.uint32) << np.uint32(week * _DAYS_A_WEEK)
    return Visits((kept >> _WHO << _WHO) | (kept & _LOW) >> _PLACE, days)


def put_in(kept: U64, more: U64) -> U64:
    """Add what is to be kept of a week to what is; a person at a place stays one number."""
    both = np.sort(np.concatenate([kept, more]), kind="stable")
    starts = changes(both >> _PLACE)
    # the same person and place differ in their days alone
    return np.bitwise_or.reduceat(both, starts) if len(starts) else both


def of_people(kept: U64, who: U32) -> U64:
    """Return some people's numbers; both are sorted by person.

    :param who: each once
    """
    lowest = np.searchsorted(kept, who.astype(np.uint64) << _WHO)
    count: Ints = np.searchsorted(kept, who.astype(np.uint64) << _WHO | _LOW, side="right") - lowest
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    found: U64 = kept[np.repeat(lowest, count) + within]
    return found


def distinct(values: U32) -> U32:
    """Return which values there are, in order. Sorting finds them sooner than numpy's hashing."""
    order = np.sort(values)
    found: U32 = order[changes(order)]
    return found


def is_in(values: U32, known: U32) -> Bools:
    """Tell which values are among known ones, which are sorted."""
    if not len(known):
        return np.zeros(len(values), dtype=np.bool_)
    at = np.minimum(np.searchsorted(known, values), len(known) - 1)
    found: Bools = known[at] == values
    return found


def changes(*columns: U64 | U32) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Return where a run of equal rows begins."""
    if not len(columns[0]):
        return np.empty(0, dtype=np.intp)
    begins = np.ones(len(columns[0]), dtype=np.bool_)
    begins[1:] = False
    for column in columns:
        begins[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(begins)


def number_of(month: dt.date) -> int:
    """Return a month as a number that grows by one from month to month."""
    return month.year * 12 + month.month - 1


def month_of(number: int) -> dt.date:
    """Return the first day of a month by its number."""
    return dt.date(number // 12, number % 12 + 1, 1)
