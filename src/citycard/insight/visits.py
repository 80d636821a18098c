"""Who came where on which days of a month, sorted, as numpy records. Pure."""

import datetime as dt

import numpy as np

from citycard.insight.columns import U32, U64, Records

VISIT = np.dtype([("who", "<u8"), ("place", "<u4"), ("days", "<u4")])
"""One person at one place in one month; bit n of ``days`` is day n + 1, ``NEW`` the highest."""

FIRST = np.dtype([("who", "<u8"), ("month", "<u4")])
"""In which month (`number_of`) a person first used the service."""

NEW = np.uint32(1 << 31)
DAYS = np.uint32(NEW - 1)


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


def split(visits: Records, who: U64) -> tuple[Records, Records]:
    """Take some people's records out of sorted ones: theirs, and the others'.

    :param who: sorted, each once
    """
    theirs = is_in(visits["who"], who)
    return visits[theirs], visits[~theirs]


def is_in(values: U64, known: U64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell which values are among known ones; both are sorted."""
    if not len(known):
        return np.zeros(len(values), dtype=np.bool_)
    at = np.minimum(np.searchsorted(known, values), len(known) - 1)
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = known[at] == values
    return found


def in_order(*parts: Records) -> Records:
    """Put parts that are sorted each, with other people in each, into one order."""
    found = np.concatenate(parts)
    return found[np.argsort(found["who"], kind="stable")]


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
