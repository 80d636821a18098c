"""What pricing tells whoever explains a fare: each step's code and figures, for one ride."""

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np

from citycard.fares.values import Column


class Noted(NamedTuple):
    """A step's figures for the ride that is explained."""

    step: str
    code: str
    figures: dict[str, int]


class Trace(Protocol):
    """Hears of every step while rides are priced."""

    def note(self, step: str, code: str, rows: Column, **figures: Column) -> None:
        """Hear of a step that concerned these rows; figures stand in their order."""
        ...


class Silent:
    """Nobody listens."""

    def note(self, step: str, code: str, rows: Column, **figures: Column) -> None:
        """Pass over it."""


@dataclass
class OneRide:
    """Writes down what concerns one row."""

    row: int
    steps: list[Noted] = field(default_factory=list)

    def note(self, step: str, code: str, rows: Column, **figures: Column) -> None:
        """Write the ride's figures down, if it was concerned."""
        here = np.flatnonzero(rows == self.row)
        if len(here):
            mine = {name: int(column[here[0]]) for name, column in figures.items()}
            self.steps.append(Noted(step, code, mine))
