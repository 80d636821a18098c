"""A city's fares, compiled: everything that pricing looks up, as columns and small tables."""

import functools
import operator
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from citycard.fares.fare_work import Step
from citycard.fares.history import Holds
from citycard.fares.spans import Spans
from citycard.fares.tariffs import Tariffs
from citycard.fares.values import NONE, Column, Flags
from citycard.infra.packs.texts import Text

FIRST_REASONS = ("full", "unpriced", "missing", "locked")
FULL, UNPRICED, MISSING, LOCKED = range(4)


class Line(NamedTuple):
    """What a ride can be made on: an operator's lines of a class, or one route by name."""

    code: str
    operator: str
    group: str
    route: str
    mode: int
    tariff: int
    named: bool


class Stop(NamedTuple):
    """A stop of a named route."""

    line: int
    code: str
    name: str


class Mark(NamedTuple):
    """Whose ride it is, as the pack says it; each way that is named is asked."""

    code: str
    name: Text
    entitlement: str | None
    gift: dict[str, Any]
    carried: bool
    profiles: tuple[str, ...]
    card_kinds: tuple[str, ...]
    age_from: int | None
    age_below: int | None
    tickets: tuple[str, ...]


class Fund(NamedTuple):
    """Who pays what the person doesn't, and its column in the operator's statement."""

    code: str
    name: Text
    column: str
    agency: str


class Ends(NamedTuple):
    """At which stops a ride must begin or end; ``both``: it must do both.

    :ivar stops: a flag a stop of the book, and a last one for rides without a stop
    """

    stops: Flags
    both: bool

    def hold(self, origin: Column, destination: Column) -> Flags:
        """Tell which rides begin or end there."""
        begins = self.stops[np.maximum(origin, -1)]
        ends = self.stops[np.maximum(destination, -1)]
        held: Flags = begins & ends if self.both else begins | ends
        return held


class Part(NamedTuple):
    """What a concession does to the rides that it holds for."""

    holds: Holds | None
    step: Step


class ConcessionRow(NamedTuple):
    """One dated row: on which days, and what it does; no parts: nothing."""

    parts: tuple[Part, ...]
    days: Flags | None
    source: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Concession:
    """Something off the fare, and who pays it (``fund`` -1: the operator is due less)."""

    code: str
    name: Text
    source: str
    fund: int
    who: int
    unless: int
    group: str
    ends: Ends | None
    spans: Spans
    rows: tuple[ConcessionRow, ...]


class PointsRow(NamedTuple):
    """What is wanted of the allowance: all, at most a cap, so much a section, or by the step of the
    fare; ``none``: 0.

    :ivar partial: whether last points may be used in part; None: as the city says for all uses
    :ivar edges: fares up to which each of ``points`` is wanted; the last is wanted above
    """

    kind: str
    cap_ntd: int
    edges: Column
    points: Column
    partial: bool | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class PointsRule:
    """For whom and where points pay; ``granted``: the city pays, the allowance is left alone."""

    code: str
    who: int
    scope: Flags
    ends: Ends | None
    category: int
    granted: bool
    spans: Spans
    rows: tuple[PointsRow, ...]
    source: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Limit:
    """No more than this of a month's points in some categories together."""

    code: str
    spans: Spans
    points: Column


@dataclass(frozen=True, kw_only=True, eq=False)
class Points:
    """What the month's allowance pays."""

    unit: str
    fund: int
    partial_spans: Spans
    partial: Flags
    rules: tuple[PointsRule, ...]
    limits: tuple[Limit, ...]
    limit_of: Column
    source: str

    @property
    def who(self) -> int:
        """Whose rides points may pay: marks, as bits."""
        return functools.reduce(operator.or_, (rule.who for rule in self.rules), 0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Purse:
    """How stored value pays; ``overdraft`` by medium, dated."""

    boards_at_ntd: int
    overdraft: tuple[tuple[Spans, Column], ...]
    source: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Book:
    """One city's fares. Places in its tuples are the numbers that columns hold."""

    lines: tuple[Line, ...]
    stops: tuple[Stop, ...]
    modes: tuple[str, ...]
    media: tuple[str, ...]
    marks: tuple[Mark, ...]
    funds: tuple[Fund, ...]
    categories: tuple[str, ...]
    concessions: tuple[Concession, ...]
    reasons: tuple[str, ...]
    tariffs: Tariffs
    tariff_names: tuple[Text, ...]
    tariff_sources: tuple[str, ...]
    points: Points
    purse: Purse
    line_mode: Column
    line_tariff: Column
    line_is_ride: Flags
    line_concessions: Column
    mode_longest_s: Column
    stop_metres: Column
    stop_sections: Column
    class_operators: dict[str, tuple[str, ...]] = field(repr=False)
    class_numbers: dict[str, tuple[int, int] | None] = field(repr=False)

    @property
    def longest_ride_s(self) -> int:
        """How long a ride of any mode may last: a second tap later than that is another ride's."""
        return int(self.mode_longest_s.max())

    @cached_property
    def back_s(self) -> int | None:
        """How long before a ride another may have begun that its fare depends on; None: on none."""
        waits = [
            part.holds.seconds
            for concession in self.concessions
            for row in concession.rows
            for part in row.parts
            if part.holds is not None
        ]
        return max(waits) + self.longest_ride_s if waits else None

    def line(self, *, operator: str, route: str = "") -> int:
        """Return the place of the line that an operator's route is; NONE: it has no tariff."""
        named = self._named.get((operator, route))
        return self._of_class(operator, route) if named is None else named

    def stop(self, *, line: int, code: str) -> int:
        """Return the place of a stop of a line; NONE where it is not known."""
        return self._stops.get((line, code), NONE)

    def bits(self, *marks: str) -> int:
        """Return the bits of marks by code."""
        return sum(1 << self._marks[code] for code in set(marks))

    def fund(self, code: str) -> int:
        """Return the place of a fund."""
        return next(place for place, fund in enumerate(self.funds) if fund.code == code)

    def _of_class(self, operator: str, route: str) -> int:
        number, found = re.match(r"\d+", route), NONE
        for place, line in enumerate(self.lines):
            if line.operator != operator or line.named:
                continue
            span = self.class_numbers[line.group]
            if span is None:
                found = place
            elif number and span[0] <= int(number.group()) <= span[1]:
                return place
        return found

    @cached_property
    def _named(self) -> dict[tuple[str, str], int]:
        return {(each.operator, each.route): i for i, each in enumerate(self.lines) if each.named}

    @cached_property
    def _stops(self) -> dict[tuple[int, str], int]:
        return {(stop.line, stop.code): place for place, stop in enumerate(self.stops)}

    @cached_property
    def _marks(self) -> dict[str, int]:
        return {mark.code: place for place, mark in enumerate(self.marks)}


def as_column(values: list[int]) -> Column:
    """Return whole numbers as a column."""
    return np.array(values, dtype=np.int64)
