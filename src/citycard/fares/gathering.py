"""Gathering all that some people's rides of a month are decided by, as known now."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from citycard.cards import api as cards
from citycard.fares import gifts
from citycard.fares.binary import DAYS_TO_2000, Shape, read
from citycard.fares.book import Book
from citycard.fares.clock import Span
from citycard.fares.holding import Periods
from citycard.fares.marking import Carriers, Rights
from citycard.fares.pairing import READING, Pairs, Readings, in_order, pair
from citycard.fares.values import NONE, Column, Ended
from citycard.infra.database import statement
from citycard.kernel.periods import CityTime, next_month

_READING = Shape(tuple((name, READING[name].str.lstrip("<|")) for name in READING.names or ()))
_HOLDER = Shape(
    (("card", "i8"), ("start", "i8"), ("end", "i8"), ("member", "i8"), ("binding", "i8"))
)
_CARRIER = Shape((("card", "i8"), ("start", "i8"), ("end", "i8"), ("member", "i8"), ("code", "i4")))
_KIND = Shape((("card", "i8"), ("kind", "i4")))
_BIRTH = Shape((("member", "i8"), ("born", "i4")))
_RIGHT = Shape((("member", "i8"), ("start", "i4"), ("end", "i4"), ("right", "i8"), ("code", "i4")))
_ID = Shape((("id", "i8"),))


@dataclass(frozen=True, kw_only=True, eq=False)
class Gathered:
    """What the rides of a month are decided by.

    :ivar readings: card by card, in canonical order; then the next boardings that ``pairs`` name
    :ivar holders: whose each card was; ``members`` and ``bindings`` stand in parallel
    :ivar kind_of: kinds by card, places in ``kinds``
    """

    span: Span
    readings: Readings
    pairs: Pairs
    holders: Periods
    members: Column
    bindings: Column
    kind_of: "LookUp"
    kinds: Sequence[str]
    born: "LookUp"
    rights: Rights
    right_rows: Any


@dataclass(frozen=True, eq=False)
class LookUp:
    """A value by key; the keys are sorted and stand once."""

    keys: Column
    values: Column
    otherwise: int

    def of(self, keys: Column) -> Column:
        """Return the value of each key."""
        if not len(self.keys):
            return np.full(len(keys), self.otherwise, np.int64)
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[place] == keys, self.values[place], self.otherwise)


def gather(
    *, book: Book, span: Span, time: CityTime, riders: Column, longest_ride_s: int
) -> Gathered:
    """Read what devices said of the riders' cards, whose the cards were and what their holders had.

    :param riders: members; below zero, cards that were nobody's (minus their keys)
    """
    during = {"start": span.start, "end": span.end}
    members = riders[riders > 0]
    held = read(_sql("cards_of_riders"), {"members": members, **during}, _ID)["id"]
    own = np.union1d(held, -riders[riders < 0])
    readings, pairs = _paired(span, own, longest_ride_s)
    known = own[own < 2**62]
    holders = read(_sql("holders"), {"cards": known, **during}, _HOLDER)
    kinds = list(cards.card_table().kinds)
    of_kind = read(_sql("kinds_of_cards"), {"cards": known, "kinds": kinds}, _KIND)
    born = _births(book, members)
    rights, rows = _rights(book, span, members)
    return Gathered(
        span=span,
        readings=readings,
        pairs=pairs,
        holders=Periods(holders["card"], holders["start"], holders["end"]),
        members=holders["member"],
        bindings=holders["binding"],
        kind_of=LookUp(of_kind["card"], of_kind["kind"].astype(np.int64), -1),
        kinds=kinds,
        born=born,
        rights=rights,
        right_rows=rows,
    )


def _sql(name: str) -> str:
    return statement(__file__, name)


def _paired(span: Span, own: Column, longest_ride_s: int) -> tuple[Readings, Pairs]:
    """Read a little over the month's edges: a ride over midnight belongs to where it began."""
    longest = dt.timedelta(seconds=longest_ride_s)
    asked = {
        "cards": own,
        "start": span.start - longest,
        "end": span.end + longest,
        "first_month": (span.month - _longest_days(longest)).replace(day=1),
        "last_month": next_month(span.month),
    }
    readings = in_order(read(_sql("readings"), asked, _READING))
    pairs = pair(readings, longest_ride_s=longest_ride_s)
    return _with_next_boardings(span, longest, readings, pairs)


def _longest_days(longest: dt.timedelta) -> dt.timedelta:
    """Return whole days that hold the longest ride: days alone count when days are added up."""
    return dt.timedelta(days=longest.days + 1)


def _with_next_boardings(
    span: Span, longest: dt.timedelta, readings: Readings, pairs: Pairs
) -> tuple[Readings, Pairs]:
    """Look beyond the month for the boardings at which rides without a second tap were charged."""
    waiting = np.flatnonzero(pairs.ended == Ended.MISSING_LOCKED)
    if not len(waiting):
        return readings, pairs
    end = span.end + longest
    asked = {
        "cards": np.unique(readings["card"][pairs.first[waiting]]),
        "start": end,
        "first_month": next_month(span.month),
    }
    found = read(_sql("next_boardings"), asked, _READING)
    place = LookUp(found["card"], len(readings) + np.arange(len(found)), NONE).of(
        readings["card"][pairs.first[waiting]]
    )
    met = waiting[place != NONE]
    after, ended = pairs.after.copy(), pairs.ended.copy()
    after[met], ended[met] = place[place != NONE], Ended.MISSING_CHARGED
    return np.concatenate([readings, found]), pairs._replace(after=after, ended=ended)


def _births(book: Book, members: Column) -> LookUp:
    if all(mark.age_from is None and mark.age_below is None for mark in book.marks):
        return LookUp(np.zeros(0, np.int64), np.zeros(0, np.int64), NONE)
    found = read(_sql("births"), {"members": members}, _BIRTH)
    return LookUp(found["member"], found["born"].astype(np.int64) + DAYS_TO_2000, NONE)


def _rights(book: Book, span: Span, members: Column) -> tuple[Rights, Any]:
    month = span.month
    codes = sorted({mark.entitlement for mark in book.marks if mark.entitlement is not None})
    asked = {"members": members, "codes": codes, "first": month, "after": next_month(month)}
    rows = read(_sql("rights"), asked, _RIGHT)
    held = {code: _periods(rows[rows["code"] == place]) for place, code in enumerate(codes)}
    given: dict[str, Periods] = {}
    for code in codes:
        marks = [mark for mark in book.marks if mark.gift and mark.entitlement == code]
        if marks:
            given |= gifts.given(marks=marks, held=held[code], month=month)
    return Rights(held=held, given=given, carriers=_carriers(span, members, codes)), rows


def _carriers(span: Span, members: Column, codes: Sequence[str]) -> dict[str, Carriers]:
    """Return the cards of those rights that one card of a person carries."""
    single = sorted(cards.card_table().single_rights & set(codes))
    if not single:
        return {}
    asked = {"members": members, "codes": single, "start": span.start, "end": span.end}
    rows = read(_sql("right_cards"), asked, _CARRIER)
    parts = [rows[rows["code"] == place] for place in range(len(single))]
    return {
        code: Carriers(Periods(part["card"], part["start"], part["end"]), part["member"])
        for code, part in zip(single, parts, strict=True)
    }


def _periods(rows: Any) -> Periods:
    start, end = rows["start"].astype(np.int64), rows["end"].astype(np.int64)
    return Periods(rows["member"], start + DAYS_TO_2000, end + DAYS_TO_2000)
