"""Making rides of what devices said: boardings and alightings of one card, matched. Pure columns.

A second tap belongs to the boarding just before it on the same card, with the same operator and
not too long ago. A boarding without one ends at the card's next boarding, which the device charged
for it; until that comes it is locked. A second tap without a boarding is a ride by itself: it may
still find its boarding when that is uploaded late. None of it depends on the order of arrival.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from citycard.fares.values import Column, Ended, Flags

IN, OUT, WHOLE = 0, 1, 2
NOWHERE = -1
BOARDING_MISSING = 3
"""How a ride ended, beyond ``Ended``: there is a second tap, and no first one."""

READING = np.dtype(
    [
        ("at", "i8"),
        ("card", "i8"),
        ("reader", "i8"),
        ("seq", "i8"),
        ("epoch", "i4"),
        ("operator", "i4"),
        ("route", "i4"),
        ("stop", "i4"),
        ("ticket", "i4"),
        ("issuer", "i4"),
        ("charged", "i4"),
        ("missed", "i4"),
        ("points", "i4"),
        ("metres", "i4"),
        ("fare", "i4"),
        ("purse", "i4"),
        ("leg", "i2"),
    ]
)
"""A reading: ``at`` in microseconds since 2000 (PostgreSQL's own), codes as their numbers."""

Readings = npt.NDArray[np.void]


class Pairs(NamedTuple):
    """Rides by the readings they are made of: places in the sorted readings.

    :ivar first: the reading that names the ride: its boarding, or its only tap
    :ivar last: the reading that ended it; the same as ``first`` where there is no other
    :ivar after: the card's next boarding, of a ride without a second tap; else ``NOWHERE``
    :ivar ended: ``Ended``, or ``BOARDING_MISSING``
    """

    first: Column
    last: Column
    after: Column
    ended: Column


def in_order(readings: Readings) -> Readings:
    """Return readings card by card, each card's in canonical order: time, reader, epoch, number."""
    at, card = (np.ascontiguousarray(readings[name]) for name in ("at", "card"))
    if bool(np.all(at[1:] >= at[:-1])):  # as they mostly come
        order = np.argsort(card, kind="stable")
    else:
        order = np.lexsort((at, card))
    at, card = at[order], card[order]
    if np.any((card[1:] == card[:-1]) & (at[1:] == at[:-1])):
        order = np.lexsort([readings[name] for name in ("seq", "epoch", "reader", "at", "card")])
    return readings[order]


def pair(readings: Readings, *, longest_ride_s: "int | Column") -> Pairs:
    """Return the rides of readings that are ``in_order``, in the order of their first taps.

    :param longest_ride_s: how long a ride may last; a column: one that begins with each reading
    """
    leg, card = readings["leg"], readings["card"]
    alone = np.flatnonzero(leg == WHOLE)
    # A whole ride stands between the taps of another without touching it, unless it says that it
    # was charged for one: then it is a boarding like any other.
    kept = np.flatnonzero((leg != WHOLE) | (readings["missed"] > 0))
    boards = leg[kept] != OUT
    met = _met(readings, kept, longest_ride_s)
    opened = np.flatnonzero((leg[kept] == IN) & ~np.append(met[1:], False))
    orphans = np.flatnonzero((leg[kept] == OUT) & ~met)
    closed = np.flatnonzero(met)
    after = _next_boarding(card[kept], boards)[opened]
    first = np.concatenate([alone, kept[closed - 1], kept[opened], kept[orphans]])
    last = np.concatenate([alone, kept[closed], kept[opened], kept[orphans]])
    none = np.full(len(first), NOWHERE, np.int64)
    next_at = none.copy()
    begin = len(alone) + len(closed)
    next_at[begin : begin + len(opened)] = np.where(after == NOWHERE, NOWHERE, kept[after])
    ended = np.zeros(len(first), np.int64)
    ended[begin : begin + len(opened)] = np.where(
        after == NOWHERE, Ended.MISSING_LOCKED, Ended.MISSING_CHARGED
    )
    ended[begin + len(opened) :] = BOARDING_MISSING
    order = np.argsort(first, kind="stable")
    return Pairs(first[order], last[order], next_at[order], ended[order])


def _met(readings: Readings, kept: Column, longest_s: "int | Column") -> Flags:
    """Tell of each kept reading whether it alights from the ride that the one before boarded."""
    found = np.zeros(len(kept), bool)
    if len(kept) < 2:
        return found
    leg, card, operator, at = (readings[name][kept] for name in ("leg", "card", "operator", "at"))
    longest = (longest_s if isinstance(longest_s, int) else longest_s[kept[:-1]]) * 1_000_000
    found[1:] = (
        (leg[1:] == OUT)
        & (leg[:-1] == IN)
        & (card[1:] == card[:-1])
        & (operator[1:] == operator[:-1])
        & (at[1:] - at[:-1] <= longest)
    )
    return found


def _next_boarding(card: Column, boards: Flags) -> Column:
    """Return for each reading the place of its card's next boarding, or ``NOWHERE``."""
    count = len(card)
    if not count:
        return np.zeros(0, np.int64)
    places = np.where(boards, np.arange(count), count)
    later = np.minimum.accumulate(places[::-1])[::-1]
    following = np.append(later[1:], count)
    there = np.minimum(following, count - 1)
    return np.where((following < count) & (card[there] == card), there, NOWHERE)
