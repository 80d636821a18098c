"""The ways in which a concession lowers a fare, each over columns."""

from dataclasses import dataclass

import numpy as np

from citycard.fares.amounts import Rounding, dollars
from citycard.fares.fare_work import Taken, Work
from citycard.fares.values import MICRO, Column


@dataclass(frozen=True, kw_only=True)
class Percent:
    """So much percent is paid, of the unrounded amount or of the fare so far."""

    percent: int
    unrounded: bool
    rounding: Rounding

    def take(self, work: Work, rows: Column) -> Taken:
        """Work out the share; the unrounded one stays for shares of it."""
        before = work.micro[rows] if self.unrounded else work.owed[rows] * MICRO
        share = before * self.percent
        figures = {"percent": np.full(len(rows), self.percent), "of_micro": before}
        return Taken(dollars(share, self.rounding, 100 * MICRO), share // 100, figures)


@dataclass(frozen=True, kw_only=True)
class PerSection:
    """A price a section."""

    ntd: int

    def take(self, work: Work, rows: Column) -> Taken:
        """Multiply, where there are sections."""
        sections = work.measures.sections[rows]
        owed = np.where(sections > 0, sections * self.ntd, work.owed[rows])
        return Taken(owed, None, {"sections": sections, "each_ntd": np.full(len(rows), self.ntd)})


@dataclass(frozen=True, kw_only=True)
class Cap:
    """At most this."""

    ntd: int

    def take(self, work: Work, rows: Column) -> Taken:
        """Cut off what is above."""
        cap = np.full(len(rows), self.ntd)
        return Taken(np.minimum(work.owed[rows], cap), None, {"cap_ntd": cap})


@dataclass(frozen=True, kw_only=True)
class Off:
    """So many dollars off."""

    ntd: int

    def take(self, work: Work, rows: Column) -> Taken:
        """Take them off; below nothing there is nothing."""
        off = np.full(len(rows), self.ntd)
        return Taken(work.owed[rows] - off, None, {"off_ntd": off})


@dataclass(frozen=True, kw_only=True)
class Free:
    """The first metres or sections are free.

    :ivar measure: ``metres`` or ``sections``; a tariff that doesn't go by it stays as it is
    :ivar whole: beyond them the whole fare is owed, not the difference to the fare of the free part
    """

    measure: str
    size: int
    whole: bool = False

    def take(self, work: Work, rows: Column) -> Taken:
        """Take off the fare of the free part."""
        size = getattr(work.measures, self.measure)[rows]
        free_part = work.at(rows, self.measure, np.minimum(size, self.size))
        goes_by = work.tariffs.measured_by(work.tariff_row[rows], self.measure)
        stays = ~goes_by | (self.whole & (size > self.size))
        owed = work.owed[rows] - np.where(stays, 0, free_part)
        figures = {f"free_{self.measure}": np.full(len(rows), self.size), "free_ntd": free_part}
        return Taken(owed, None, figures | {self.measure: size})


@dataclass(frozen=True, kw_only=True)
class RideOn:
    """Pay the base distance, and the next one as long is free."""

    base_metres: int

    def take(self, work: Work, rows: Column) -> Taken:
        """Price the distance that is left to pay."""
        size, base = work.measures.metres[rows], self.base_metres
        paid = np.minimum(size, base) + np.maximum(size - 2 * base, 0)
        goes_by = work.tariffs.measured_by(work.tariff_row[rows], "metres")
        owed = np.where(goes_by, work.at(rows, "metres", paid), work.owed[rows])
        figures = {"metres": size, "base_metres": np.full(len(rows), base), "paid_metres": paid}
        return Taken(owed, None, figures)
