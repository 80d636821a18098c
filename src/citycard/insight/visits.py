"""Who came where on which days of a month, sorted, as numpy records. Pure."""

import datetime as dt

import numpy as np

from citycard.insight.columns import U32, U64, Bools, Ints, Records

VISIT = np.dtype([("who", "<u8"), ("place", "<u4"), ("days", "<u4")])
"""One person at one place in one month; bit n of ``days`` is day n + 1, ``NEW`` the highest."""

STORED = np.dtype([("who", "<u8"), ("at", "<u4")])
"""The same within one week of the month, as it is kept: ``at`` is place * 256 + days as bits."""

FIRST = np.dtype([("who", "<u8"), ("month", "<u4")])
"""In which month (`number_of`) a person first used the service."""

NEW = np.uint32(1 << 31)
"""Says that the person's first use of the service ever lies in this month."""

DAYS = np.uint32(NEW - 1)
WEEKS = 4
_DAYS_A_WEEK = 8
_PLACE = np.uint32(8)
_WEEK = np.uint32(255)


def visits_of(who: U64, place: U32, days: U32) -> Records:
    """Return visits sorted by person and place, each pair once with all of its days."""
    order = np.lexsort((place, who))
    who, place, days = who[order], place[order], days[order]
    starts = changes(who, place)
    found = np.empty(len(starts), dtype=VISIT)
    found["who"], found["place"] = who[starts], place[starts]
    found["days"] = np.bitwise_or.reduceat(days, starts) if len(starts) else days
    return found


def together(*parts: Records) -> Records:
    """Return the visits of all parts; who is new is left to be said again."""
    all_parts = np.concatenate([np.empty(0, dtype=VISIT), *parts])
    return visits_of(all_parts["who"], all_parts["place"], all_parts["days"] & DAYS)


def with_new(visits: Records, first: Records, month: int) -> Records:
    """Return visits that say who is new, which those who first came in this month are."""
    found = visits.copy()
    new = first["who"][first["month"] == month]
    found["days"][is_in(found["who"], new)] |= NEW
    return found


def of_week(visits: Records, week: int) -> Records:
    """Return what is kept of visits for one week of the month."""
    days = (visits["days"] & DAYS) >> np.uint32(week * _DAYS_A_WEEK) & _WEEK
    came = days > 0
    found = np.empty(int(came.sum()), dtype=STORED)
    found["who"] = visits["who"][came]
    found["at"] = visits["place"][came] << _PLACE | days[came]
    return found


def from_week(stored: Records, week: int) -> Records:
    """Return the visits that are kept for one week."""
    found = np.empty(len(stored), dtype=VISIT)
    found["who"] = stored["who"]
    found["place"] = stored["at"] >> _PLACE
    found["days"] = (stored["at"] & _WEEK) << np.uint32(week * _DAYS_A_WEEK)
    return found


def put_in(stored: Records, more: Records) -> Records:
    """Add what is to be kept of a week to what is; both are sorted by person and place."""
    at = np.searchsorted(stored["who"], more["who"])
    place = more["at"] >> _PLACE
    ends = np.append(stored, np.zeros(1, dtype=STORED))

    def is_theirs() -> Bools:
        found: Bools = (at < len(stored)) & (ends["who"][at] == more["who"])
        return found

    while (behind := is_theirs() & (ends["at"][at] >> _PLACE < place)).any():
        at = at + behind
    same = is_theirs() & (ends["at"][at] >> _PLACE == place)
    found = stored.copy()
    found["at"][at[same]] |= more["at"][same] & _WEEK
    grown: Records = np.insert(found, at[~same], more[~same])
    return grown


def of_people(records: Records, who: U64) -> Records:
    """Return some people's records; both are sorted by person.

    :param who: each once
    """
    lowest = np.searchsorted(records["who"], who, side="left")
    count: Ints = np.searchsorted(records["who"], who, side="right") - lowest
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    found: Records = records[np.repeat(lowest, count) + within]
    return found


def is_in(values: U64, known: U64) -> Bools:
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
