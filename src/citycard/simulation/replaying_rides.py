"""Columns of a batch as the write path takes them: numbers, rides that devices charged by the
city's own fares, and prices at tills."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from citycard.cards import api as cards
from citycard.fares import api as fares
from citycard.simulation.replaying_days import Table
from citycard.simulation.replaying_plan import Kind, Plan
from citycard.simulation.replaying_readers import Readers
from citycard.taps import api as taps

EPOCH = dt.date(1970, 1, 1)
_ROUTES = 40
_MOST_KM = 100
_ENOUGH = 10_000


@dataclass(frozen=True, kw_only=True)
class Uploads:
    """Turns drawn taps of one writer into columns."""

    plan: Plan
    writer: int
    readers: Readers

    def columns(self, drawn: Table, day: dt.date) -> taps.TapColumns:
        """Return drawn taps as columns.

        :param day: the day whose fares devices go by
        """
        size = len(drawn)
        return taps.TapColumns(
            device_id=self.devices(drawn),
            epoch=np.ones(size, np.int32),
            seq=np.ascontiguousarray(drawn["seq"]),
            at_us=np.ascontiguousarray(drawn["at_us"]),
            issuer=[self.plan.issuer] * size,
            number_kind=[self.plan.number_kind] * size,
            number=self._numbers(drawn["number"]),
            rides=self._rides(drawn, day),
            sales=self._sales(drawn),
        )

    def devices(self, drawn: Table) -> Any:
        """Return the id of each tap's reader."""
        return self._ids[self._first[drawn["line"]] + drawn["reader"]]

    @cached_property
    def _ids(self) -> Any:
        return np.concatenate([own[self.writer] for own in self.readers.values()])

    @cached_property
    def _first(self) -> Any:
        counts = [len(own[self.writer]) for own in self.readers.values()]
        return np.cumsum([0, *counts[:-1]])

    def _numbers(self, numbers: Any) -> list[str]:
        place = numbers - self.plan.first_number
        if (place < self.plan.cards).all():
            found: list[str] = self._printed[place].tolist()
            return found
        return [str(number) for number in numbers.tolist()]

    @cached_property
    def _printed(self) -> Any:
        first = self.plan.first_number
        return np.array([str(first + n) for n in range(self.plan.cards)], object)

    def _rides(self, drawn: Table, day: dt.date) -> list[taps.RidePart | None] | None:
        places = np.flatnonzero(drawn["ride"])
        if not len(places):
            return None
        parts = self._parts(day)
        found: list[taps.RidePart | None] = [None] * len(drawn)
        rides = (drawn["ride"][places] - 1).tolist()
        routes = ((drawn["reader"][places] + 7 * drawn["seq"][places]) % _ROUTES).tolist()
        for place, ride, route in zip(places.tolist(), rides, routes, strict=True):
            found[place] = parts[ride, route]
        return found

    def _sales(self, drawn: Table) -> list[taps.SalePart | None] | None:
        places = np.flatnonzero(drawn["price_ntd"] >= 0)
        if not len(places):
            return None
        found: list[taps.SalePart | None] = [None] * len(drawn)
        for place, price in zip(places.tolist(), drawn["price_ntd"][places].tolist(), strict=True):
            found[place] = taps.SalePart(price_ntd=price, purse_ntd=_ENOUGH)
        return found

    def _parts(self, day: dt.date) -> dict[tuple[int, int], taps.RidePart]:
        """Return what a device says of each ride there is, by what was drawn and by route."""
        month = day.replace(day=1)
        if month not in self._kept:
            self._kept.clear()
            self._kept[month] = parts_of(self.plan, month)
        return self._kept[month]

    @cached_property
    def _kept(self) -> dict[dt.date, dict[tuple[int, int], taps.RidePart]]:
        return {}


def parts_of(plan: Plan, day: dt.date) -> dict[tuple[int, int], taps.RidePart]:
    """Price each kind of card, distance and route by the city's fares of a day."""
    line = next(line for line in plan.lines if line.rides is not None)
    assert line.rides is not None, "just looked for"
    low, high = line.rides["kilometres"]
    operators: list[str] = line.rides["operators"]
    asked = [
        (place, km, route)
        for place in range(len(plan.kinds))
        for km in range(low, high + 1)
        for route in range(_ROUTES)
    ]
    book, kinds = fares.book(pack=plan.pack), list(plan.kinds.values())
    at = int(plan.pack.time.midnight(day).timestamp()) + 12 * 3600
    rides = [
        fares.Ride(
            person=n, boarded_at=at, alighted_at=at, day=(day - EPOCH).days, metres=km * 1_000,
            line=book.line(operator=operators[route % len(operators)], route=str(route + 1)),
            marks=_marks(book, kinds[place]),
            points_open=_ENOUGH if kinds[place].code in plan.allowance else 0,
        )
        for n, (place, km, route) in enumerate(asked)
    ]  # fmt: skip
    priced = fares.price(book=book, rides=fares.RideColumns.of(rides))
    charged = (priced.stored_ntd + priced.cash_ntd).tolist()
    return {
        (place * _MOST_KM + km, route): taps.RidePart(
            leg="whole",
            operator=operators[route % len(operators)],
            route=str(route + 1),
            metres=km * 1_000,
            charged_ntd=charged[n],
            points_taken=points,
        )
        for n, ((place, km, route), points) in enumerate(
            zip(asked, priced.points.tolist(), strict=True)
        )
    }


def _marks(book: fares.Book, kind: Kind) -> int:
    """Return the marks of a card of a kind: by the kind, and by the rights that it carries."""
    carries = cards.card_table().kinds[kind.code].carries
    held = {name.removeprefix("approval.") for name in kind.facts}
    return sum(
        1 << n
        for n, mark in enumerate(book.marks)
        if kind.code in mark.card_kinds or (mark.entitlement in carries & held and not mark.gift)
    )
