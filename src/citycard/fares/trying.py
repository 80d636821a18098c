"""Trying a pack on a month's rides as devices told them: priced, added up, nothing is written."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from citycard.fares.binary import DAYS_TO_2000, Shape, read
from citycard.fares.book import Book
from citycard.fares.storing import compare
from citycard.fares.values import MICRO, NONE, Column, PricedColumns
from citycard.fares.working_out import Grants, WorkedOut, work_out
from citycard.infra.database import rows, statement
from citycard.infra.packs import Pack

_RIDER = Shape((("rider", "i8"),))
_GROUP = Shape((("member", "i8"), ("district", "i4"), ("born", "i4")))
_NO_TARIFF = "-"


class Booked(NamedTuple):
    """How what is stored compares with what was worked out.

    :ivar rides: stored rides in force
    :ivar other: of them and of those worked out, how many have no equal on the other side
    """

    rides: int = 0
    other: int = 0


NOT_COMPARED = Booked()


@dataclass(frozen=True, kw_only=True, eq=False)
class TriedMonth:
    """What riders' months come to by a pack: a row a rider, a column a mode.

    :ivar modes: names of the columns; ``-`` for rides without a tariff
    :ivar rides: how many
    :ivar city_micro: what the city's funds pay of them, points of the allowance among it
    :ivar own_micro: what the person pays
    :ivar points: what the allowance pays
    :ivar booked: how that compares with what is stored, where it was asked for
    """

    riders: Column
    modes: tuple[str, ...]
    rides: Column
    city_micro: Column
    own_micro: Column
    points: Column
    booked: Booked


class Groups(NamedTuple):
    """Where and how old riders are: places in ``districts`` (-1 unknown), days of birth since 1970
    or NONE; in parallel to the riders asked for."""

    districts: tuple[str, ...]
    district: Column
    born: Column


def riders_of(*, month: dt.date) -> Column:
    """Return everybody whose rides are stored for a month, sorted: members, and below zero cards
    that were nobody's."""
    return read(statement(__file__, "riders_of"), {"month": month}, _RIDER)["rider"].copy()


def try_month(
    *, pack: Pack, month: dt.date, riders: Column, grants: Grants, compared: bool = False
) -> TriedMonth:
    """Work out some riders' month by a pack, and add it up.

    :param riders: sorted
    :param grants: the month's allowance by that pack
    :param compared: hold it against the stored rides, ride by ride and value by value
    """
    found = work_out(pack=pack, month=month, riders=riders, grants=grants)
    return _summed(found, riders, _held_against(found, month, riders) if compared else NOT_COMPARED)


def _held_against(found: WorkedOut, month: dt.date, riders: Column) -> Booked:
    changed = compare(month=month, riders=riders, rides=found.table, book=found.book)
    same = len(found.table) - len(changed.added)
    return Booked(same + len(changed.closed), len(changed.added) + len(changed.closed))


def groups_of(*, riders: Column) -> Groups:
    """Return districts and births of riders, for figures about many of them."""
    names = [row.district for row in rows(statement(__file__, "districts"))]
    asked = {"members": riders[riders > 0], "districts": names}
    found = read(statement(__file__, "rider_groups"), asked, _GROUP)
    district, born = np.full(len(riders), -1), np.full(len(riders), NONE)
    place = np.searchsorted(riders, found["member"])
    district[place] = found["district"]
    known = found["born"] > -(2**31)
    born[place] = np.where(known, found["born"].astype(np.int64) + DAYS_TO_2000, NONE)
    return Groups(tuple(names), district, born)


def _summed(found: WorkedOut, riders: Column, booked: Booked) -> TriedMonth:
    return sum_rides(
        book=found.book,
        lines=found.rides.line,
        rider=np.searchsorted(riders, found.rides.rider),
        riders=riders,
        priced=found.priced,
        booked=booked,
    )


def sum_rides(
    *,
    book: Book,
    lines: Column,
    rider: Column,
    riders: Column,
    priced: PricedColumns,
    booked: Booked = NOT_COMPARED,
) -> TriedMonth:
    """Add priced rides up to riders and modes.

    :param lines: each ride's place in the book's lines, or NONE
    :param rider: each ride's place among the riders
    """
    modes = (*book.modes, _NO_TARIFF)
    mode = np.where(lines == NONE, len(modes) - 1, book.line_mode[np.maximum(lines, 0)])
    cell, size = rider * len(modes) + mode, len(riders) * len(modes)

    def added_up(values: Column) -> Column:
        whole = np.zeros(size, np.int64)
        np.add.at(whole, cell, values)
        return whole.reshape(len(riders), len(modes))

    return TriedMonth(
        riders=riders,
        modes=modes,
        rides=added_up(np.ones(len(cell), np.int64)),
        city_micro=added_up(priced.subsidies_micro.sum(axis=0)),
        own_micro=added_up((priced.stored_ntd + priced.cash_ntd) * MICRO),
        points=added_up(priced.points),
        booked=booked,
    )


def joined(*, parts: Sequence[TriedMonth]) -> TriedMonth:
    """Put parts of one pack's month together: other riders each."""
    first = parts[0]
    return TriedMonth(
        modes=first.modes,
        riders=np.concatenate([part.riders for part in parts]),
        rides=np.concatenate([part.rides for part in parts]),
        city_micro=np.concatenate([part.city_micro for part in parts]),
        own_micro=np.concatenate([part.own_micro for part in parts]),
        points=np.concatenate([part.points for part in parts]),
        booked=Booked(
            rides=sum(part.booked.rides for part in parts),
            other=sum(part.booked.other for part in parts),
        ),
    )
