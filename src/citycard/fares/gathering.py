"""Gathering all that some people's rides of a month are decided by, as known now."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from citycard.cards import api as cards
from citycard.fares import gifts, terms
from citycard.fares.binary import DAYS_TO_2000, Shape, read
from citycard.fares.book import Book
from citycard.fares.clock import Span
from citycard.fares.holding import Periods
from citycard.fares.lining import lines_of
from citycard.fares.marking import Carriers, Rights
from citycard.fares.pairing import READING, Pairs, Readings, in_order, pair
from citycard.fares.spans import day_number
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


def gather(*, book: Book, span: Span, time: CityTime, riders: Column) -> Gathered:
    """Read what devices said of the riders' cards, whose the cards were and what their holders had.

    :param riders: members; below zero, cards that were nobody's (minus their keys)
    """
    during = {"start": span.since, "end": span.end}
    members = riders[riders > 0]
    held = read(_sql("cards_of_riders"), {"members": members, **during}, _ID)["id"]
    own = np.union1d(held, -riders[riders < 0])
    readings, pairs = _paired(book, span, own)
    known = own[own < 2**62]
    holders = read(_sql("holders"), {"cards": known, **during}, _HOLDER)
    kinds = list(cards.card_table().kinds)
    of_kind = read(_sql("kinds_of_cards"), {"cards": known, "kinds": kinds}, _KIND)
    born = _births(book, members)
    rights, rows = _rights(book, span, time.day(span.since), members)
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


def _paired(book: Book, span: Span, own: Column) -> tuple[Readings, Pairs]:
    """Read a little over the month's edges: a ride over midnight belongs to where it began, and a
    transfer to the ride before it."""
    longest = dt.timedelta(seconds=book.longest_ride_s)
    asked = {
        "cards": own,
        "start": span.since - longest,
        "end": span.end + longest,
        "first_month": (span.month - _whole_days(span.start - span.since + longest)).replace(day=1),
        "last_month": next_month(span.month),
    }
    readings = in_order(read(_sql("readings"), asked, _READING))
    pairs = pair(readings, longest_ride_s=_longest(book, readings))
    return _with_next_boardings(span, longest, readings, pairs)


def _whole_days(wait: dt.timedelta) -> dt.timedelta:
    """Return whole days that hold it: days alone count when days are added up."""
    return dt.timedelta(days=wait.days + 1)


def _longest(book: Book, readings: Readings) -> "int | Column":
    """Return how long a ride may last that begins with each reading: where modes differ in it, by
    the mode of its line, and as long as any where that isn't known."""
    if (book.mode_longest_s == book.longest_ride_s).all():
        return book.longest_ride_s
    codes = terms.codes_in([readings[name] for name in ("operator", "route")])
    line = lines_of(book, readings["operator"], readings["route"], codes)
    found = book.mode_longest_s[book.line_mode[np.maximum(line, 0)]]
    return np.where(line == NONE, book.longest_ride_s, found)


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


def _rights(book: Book, span: Span, since: dt.date, members: Column) -> tuple[Rights, Any]:
    """Return who held what, and the versions that the month itself is decided by."""
    month = span.month
    codes = sorted({mark.entitlement for mark in book.marks if mark.entitlement is not None})
    asked = {"members": members, "codes": codes, "first": since, "after": next_month(month)}
    rows = read(_sql("rights"), asked, _RIGHT)
    held = {code: _periods(rows[rows["code"] == place]) for place, code in enumerate(codes)}
    given: dict[str, Periods] = {}
    for code in codes:
        marks = [mark for mark in book.marks if mark.gift and mark.entitlement == code]
        if marks:
            given |= gifts.given(marks=marks, held=held[code], month=month, since=since)
    return Rights(held=held, given=given, carriers=_carriers(span, members, codes)), _in_month(
        rows, month
    )


def _in_month(rows: Any, month: dt.date) -> Any:
    """Leave out what ended before the month."""
    return rows[rows["end"].astype(np.int64) + DAYS_TO_2000 > day_number(month)]


def _carriers(span: Span, members: Column, codes: Sequence[str]) -> dict[str, Carriers]:
    """Return the cards of those rights that one card of a person carries."""
    single = sorted(cards.card_table().single_rights & set(codes))
    if not single:
        return {}
    asked = {"members": members, "codes": single, "start": span.since, "end": span.end}
    rows = read(_sql("right_cards"), asked, _CARRIER)
    parts = [rows[rows["code"] == place] for place in range(len(single))]
    return {
        code: Carriers(Periods(part["card"], part["start"], part["end"]), part["member"])
        for code, part in zip(single, parts, strict=True)
    }


def _periods(rows: Any) -> Periods:
    start, end = rows["start"].astype(np.int64), rows["end"].astype(np.int64)
    return Periods(rows["member"], start + DAYS_TO_2000, end + DAYS_TO_2000)
