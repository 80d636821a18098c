"""What pricing takes and gives: columns of whole numbers, one row a ride.

Rows stand in canonical order (effective time, reader, epoch, sequence) within a person-month, and
person-months one after the other. A batch of one is one ride; the columns of any split of a batch
between persons give the same result. Amounts end in ``_ntd`` (whole dollars, a point is a dollar)
or ``_micro`` (millionths of a dollar); times are seconds since 1970 (UTC), days are days since
1970-01-01. ``NONE`` stands where a column has no value.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

NONE = -(2**62)
MICRO = 1_000_000


class Ended(IntEnum):
    """How a ride ended: whole, or without a second tap; then it is charged at the next boarding."""

    WHOLE = 0
    MISSING_CHARGED = 1
    MISSING_LOCKED = 2


class Ride(NamedTuple):
    """One ride, or one use of the allowance (a clinic, a shop: a line of tariff ``told``).

    :ivar person: which person-month of the batch; 0, 1, 2 … without going back
    :ivar boarded_at: seconds of the first tap
    :ivar alighted_at: seconds of the second tap; NONE without one
    :ivar day: the local service day of the boarding
    :ivar line: place in ``book.lines`` (``book.line(operator=…, route=…)``)
    :ivar origin: place in ``book.stops``, or NONE
    :ivar destination: place in ``book.stops``, or NONE
    :ivar metres: the distance the device told; NONE: from the stops
    :ivar told_ntd: the whole fare that a meter, gate or till told; NONE without one
    :ivar marks: whose ride: bits of ``book.mark_bits`` that hold at the ride's own time
    :ivar medium: place in ``book.media``, or NONE
    :ivar ended: see ``Ended``
    :ivar points_open: points of the month's allowance granted so far, uses not taken off; never
        falls within a person-month (an ended right takes its mark away instead)
    :ivar purse_ntd: stored value before the ride; NONE: not known, taken to be enough
    :ivar charged_ntd: money that the device took (stored value or cash); NONE: it told nothing
    :ivar date: the calendar day of the boarding, by which the month's allowance goes; NONE: ``day``
    :ivar before: 1 for a ride of the month before: later ones look back at it, it is not priced
    """

    person: int = 0
    boarded_at: int = 0
    alighted_at: int = NONE
    day: int = 0
    line: int = 0
    origin: int = NONE
    destination: int = NONE
    metres: int = NONE
    told_ntd: int = NONE
    marks: int = 0
    medium: int = NONE
    ended: int = Ended.WHOLE
    points_open: int = 0
    purse_ntd: int = NONE
    charged_ntd: int = NONE
    date: int = NONE
    before: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class RideColumns:
    """Rides as columns; each is described at ``Ride``."""

    person: Column
    boarded_at: Column
    alighted_at: Column
    day: Column
    line: Column
    origin: Column
    destination: Column
    metres: Column
    told_ntd: Column
    marks: Column
    medium: Column
    ended: Column
    points_open: Column
    purse_ntd: Column
    charged_ntd: Column
    date: Column
    before: Column

    @classmethod
    def of(cls, rides: Iterable[Ride]) -> "RideColumns":
        """Put rides into columns."""
        table = np.array(list(rides), dtype=np.int64).reshape(-1, len(Ride._fields))
        return cls(**{name: table[:, i].copy() for i, name in enumerate(Ride._fields)})

    def __len__(self) -> int:
        return len(self.person)

    def take(self, rows: "Column | slice | Sequence[int]") -> "RideColumns":
        """Return some of the rows."""
        return RideColumns(**{each.name: getattr(self, each.name)[rows] for each in fields(self)})


@dataclass(frozen=True, kw_only=True, eq=False)
class PricedColumns:
    """What the city's rule says of each ride; a row a ride, in the order given.

    ``due_micro = collected_micro + subsidies_micro.sum(axis=0) + difference_micro``, row by row.

    :ivar priced: False where the rule has no fare (an unknown distance, a day before the first
        tariff); all amounts of such a row are 0 but the difference, which is what was charged
    :ivar fare_ntd: the whole fare of an ordinary passenger
    :ivar due_micro: what the operator is due for the ride
    :ivar owed_ntd: what the person owes after all concessions; points + stored + cash
    :ivar points: points of the allowance that pay
    :ivar stored_ntd: stored value that pays
    :ivar cash_ntd: what is left to pay in cash
    :ivar collected_micro: money the operator has of the person: what the device took, or by rule
    :ivar subsidies_micro: one row a fund of ``book.funds``; points stand with the fund behind them
    :ivar difference_micro: by the rule less by the device, of the person's money
    :ivar reason: place in ``book.reasons``: what decided the fare
    :ivar applied: bits: which of ``book.concessions`` lowered the fare
    :ivar category: place in ``book.categories`` of the points' use; NONE where none were asked
    :ivar metres: the distance priced, or NONE
    :ivar sections: the sections priced, or NONE
    """

    priced: Flags
    fare_ntd: Column
    due_micro: Column
    owed_ntd: Column
    points: Column
    stored_ntd: Column
    cash_ntd: Column
    collected_micro: Column
    subsidies_micro: Column
    difference_micro: Column
    reason: Column
    applied: Column
    category: Column
    metres: Column
    sections: Column

    def __len__(self) -> int:
        return len(self.fare_ntd)

    def take(self, rows: Flags) -> "PricedColumns":
        """Return some of the rows."""
        return PricedColumns(
            **{each.name: getattr(self, each.name)[..., rows] for each in fields(self)}
        )


class Explained(NamedTuple):
    """One step of a fare, in both languages: what was done, to which amounts, by which source."""

    code: str
    zh: str
    en: str
    figures: dict[str, int]
    source: str = ""
