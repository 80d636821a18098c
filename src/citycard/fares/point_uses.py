"""What rides take of the month's allowance: for whoever posts it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from citycard.fares.books import book
from citycard.infra.database import rows, statement
from citycard.infra.packs import current_pack


@dataclass(frozen=True, kw_only=True, slots=True)
class PointUses:
    """What single rides take of their riders' allowance in all, by columns.

    :ivar reader_id: with ``epoch`` and ``seq`` the tap that the ride begins with
    :ivar points: 0 where it took some once and takes none any more
    :ivar operator: who gets them
    """

    unit: str
    member_id: Sequence[int]
    reader_id: Sequence[int]
    epoch: Sequence[int]
    seq: Sequence[int]
    at: Sequence[dt.datetime]
    category: Sequence[str]
    points: Sequence[int]
    operator: Sequence[str]


def points_unit() -> str:
    """Return the unit of points that pays for rides in this city; empty where none does."""
    pack = current_pack()
    return book(pack=pack).points.unit if pack.table("fares") else ""


_BEGIN = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def point_uses(*, month: dt.date, member_ids: Sequence[int]) -> PointUses:
    """Return the rides of members' month that take other than what is posted of them, with what
    each should come to; machine use."""
    unit = points_unit()
    asked = {"month": month, "members": list(member_ids), "unit": unit}
    [found] = rows(statement(__file__, "point_uses"), asked)
    return PointUses(
        unit=unit,
        member_id=found.riders or [],
        reader_id=found.readers or [],
        epoch=found.epochs or [],
        seq=found.seqs or [],
        at=[_BEGIN + dt.timedelta(microseconds=us) for us in found.us or []],
        category=found.categories or [],
        points=found.points or [],
        operator=found.operators or [],
    )
