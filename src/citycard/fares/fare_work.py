"""A fare while it is being worked out: what is owed so far, and what it would be at another
distance after the same steps."""

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np

from citycard.fares.tariffs import Measures, Tariffs
from citycard.fares.values import MICRO, Column


class Taken(NamedTuple):
    """What a step leaves of the fares it was given, and the figures that say how.

    :ivar micro: the unrounded amounts; None: the rounded ones are exact
    """

    owed: Column
    micro: Column | None
    figures: dict[str, Column]


class Step(Protocol):
    """One way in which a concession lowers a fare."""

    def take(self, work: "Work", rows: Column) -> Taken:
        """Work out what these rows owe after the step."""
        ...


@dataclass
class Work:
    """Rides with their fares so far: ``owed`` in dollars, ``micro`` unrounded."""

    tariffs: Tariffs
    tariff_row: Column
    measures: Measures
    micro: Column
    owed: Column
    done: list[tuple[Step, Column]] = field(default_factory=list)

    def take(self, step: Step, rows: Column) -> Taken:
        """Carry a step out for these rows; nobody ever owes more than before, or less than 0."""
        taken = step.take(self, rows)
        owed = np.clip(taken.owed, 0, self.owed[rows])
        self.micro[rows] = owed * MICRO if taken.micro is None else taken.micro
        self.owed[rows] = owed
        self.done.append((step, rows))
        return taken._replace(owed=owed)

    def at(self, rows: Column, measure: str, instead: Column) -> Column:
        """Return what these rows would owe by now if they measured something else."""
        measures = self.measures.of(rows)._replace(**{measure: instead})
        tariff_row = self.tariff_row[rows]
        micro, owed, _known = self.tariffs.whole(tariff_row, measures)
        other = Work(self.tariffs, tariff_row, measures, micro, owed)
        inside = np.zeros(len(self.owed), dtype=np.bool_)
        for step, taken in self.done:
            inside[taken] = True
            other.take(step, np.flatnonzero(inside[rows]))
            inside[taken] = False
        return other.owed
