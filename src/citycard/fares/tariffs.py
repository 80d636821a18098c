"""Tariffs: the whole fare of a ride, by its kind, before anything is taken off."""

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np

from citycard.fares.amounts import Rounding, dollars
from citycard.fares.spans import Spans
from citycard.fares.values import MICRO, NONE, Column, Flags


class Measures(NamedTuple):
    """What tariffs measure: metres, sections, seconds on the way, the fare that a device told."""

    metres: Column
    sections: Column
    seconds: Column
    told_ntd: Column

    def of(self, rows: Column) -> "Measures":
        """Return some of the rows."""
        return Measures(*(column[rows] for column in self))


@dataclass(frozen=True, kw_only=True)
class Missing:
    """What a ride without its second tap costs; half for those marks."""

    full_ntd: int
    half_ntd: int
    half_marks: int


@dataclass(frozen=True, kw_only=True)
class Tariff:
    """One dated row of a tariff.

    :ivar cost_micro: what the operator is due a section; 0: the fare
    :ivar cost_fund: who pays what lies between; -1: nobody need
    """

    measure: ClassVar[str]
    source: str = ""
    missing: Missing | None = None
    rounding: Rounding = Rounding.NEAREST
    cost_micro: int = 0
    cost_fund: int = -1

    def micro(self, measured: Column) -> Column:
        """Return the unrounded fare of rides so measured."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Flat(Tariff):
    """One price."""

    measure = ""
    ntd: int

    def micro(self, measured: Column) -> Column:
        return np.full(len(measured), self.ntd * MICRO, dtype=np.int64)


@dataclass(frozen=True, kw_only=True)
class BySection(Tariff):
    """A price a section.

    :ivar otherwise: sections of a ride whose stops nobody knows; NONE: it has no fare
    """

    measure = "sections"
    ntd: int
    otherwise: int = NONE

    def micro(self, measured: Column) -> Column:
        return measured * (self.ntd * MICRO)


@dataclass(frozen=True, kw_only=True)
class ByDistance(Tariff):
    """So much a kilometre, a base distance and a minimum at least."""

    measure = "metres"
    base_metres: int
    micro_a_km: int
    minimum_ntd: int

    def micro(self, measured: Column) -> Column:
        far = np.maximum(measured, self.base_metres) * self.micro_a_km // 1000
        fare: Column = np.maximum(far, self.minimum_ntd * MICRO)
        return fare


@dataclass(frozen=True, kw_only=True)
class ByBand(Tariff):
    """Bands of distance; an edge belongs to the band below it."""

    measure = "metres"
    edges: Column = field(compare=False)
    prices: Column = field(compare=False)

    def micro(self, measured: Column) -> Column:
        ntd: Column = self.prices[np.searchsorted(self.edges, measured, side="left")]
        return ntd * MICRO


class Period(NamedTuple):
    """From a second on up to another, so much for every begun period."""

    after: int
    up_to: int
    every: int
    ntd: int


@dataclass(frozen=True, kw_only=True)
class ByTime(Tariff):
    """So much for every begun period of time."""

    measure = "seconds"
    periods: tuple[Period, ...]

    def micro(self, measured: Column) -> Column:
        total = np.zeros(len(measured), dtype=np.int64)
        used = np.maximum(measured, 1)
        for each in self.periods:
            inside = np.clip(used, each.after, each.up_to) - each.after
            total += -(-inside // each.every) * each.ntd
        return total * MICRO


@dataclass(frozen=True, kw_only=True)
class Told(Tariff):
    """What the meter, the gate or the till says."""

    measure = "told_ntd"

    def micro(self, measured: Column) -> Column:
        return measured * MICRO


@dataclass(frozen=True)
class Tariffs:
    """All dated rows of all tariffs, one after the other."""

    rows: tuple[Tariff, ...]
    spans: tuple[Spans, ...]
    firsts: tuple[int, ...]

    def row_at(self, tariff: Column, day: Column) -> Column:
        """Return the row of ``rows`` that holds for each ride; -1 where none does."""
        found = np.full(len(day), -1, dtype=np.int64)
        for number in distinct(tariff, len(self.spans)):
            rides = np.flatnonzero(tariff == number)
            row = self.spans[number].at(day[rides])
            found[rides] = np.where(row < 0, -1, row + self.firsts[number])
        return found

    def whole(self, row: Column, measures: Measures) -> tuple[Column, Column, Flags]:
        """Return the unrounded and the rounded fare of each ride, and whether it has one."""
        micro = np.zeros(len(row), dtype=np.int64)
        ntd = np.zeros(len(row), dtype=np.int64)
        known = np.zeros(len(row), dtype=np.bool_)
        for number in distinct(row, len(self.rows)):
            tariff, rides = self.rows[number], np.flatnonzero(row == number)
            measured = _measured(tariff, measures, rides)
            known[rides] = measured != NONE
            amount = tariff.micro(np.maximum(measured, 0))
            micro[rides], ntd[rides] = amount, dollars(amount, tariff.rounding)
        micro[~known] = ntd[~known] = 0
        return micro, ntd, known

    def count_sections(self, row: Column, measures: Measures) -> None:
        """Fill in the sections of rides whose stops are not known: by the told fare, or as the
        tariff says."""
        for number in distinct(row, len(self.rows)):
            tariff = self.rows[number]
            if isinstance(tariff, BySection):
                rides = np.flatnonzero((row == number) & (measures.sections == NONE))
                told = measures.told_ntd[rides]
                by_fare = (told > 0) & (told % tariff.ntd == 0)
                sections = np.where(by_fare, told // tariff.ntd, tariff.otherwise)
                measures.sections[rides] = sections

    def needs_no_tap_out(self, row: Column) -> Flags:
        """Tell which rides are whole with one tap: one price, and nothing said of a missing one."""
        one = [not tariff.measure and tariff.missing is None for tariff in self.rows]
        flags: Flags = np.array([*one, False], dtype=np.bool_)[row]
        return flags

    def measured_by(self, row: Column, measure: str) -> Flags:
        """Tell which rides have a tariff that goes by this measure."""
        by = np.array([tariff.measure == measure for tariff in self.rows] + [False], dtype=np.bool_)
        return by[row]


def _measured(tariff: Tariff, measures: Measures, rides: Column) -> Column:
    if not tariff.measure:
        return np.zeros(len(rides), dtype=np.int64)
    column: Column = getattr(measures, tariff.measure)
    return column[rides]


def distinct(values: Column, size: int) -> list[int]:
    """Return which of 0 … size - 1 stand in a column; others are passed over."""
    seen = np.bincount(values + 1, minlength=size + 1)[1 : size + 1]
    return [int(number) for number in np.flatnonzero(seen)]
