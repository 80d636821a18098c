"""What rides take of the month's allowance: for whoever posts it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from citycard.fares.books import book
from citycard.infra.database import rows, statement
from citycard.infra.packs import current_pack


@dataclass(frozen=True, kw_only=True, slots=True)
class PointUse:
    """What one ride takes of its rider's allowance in all.

    :ivar identity: reader, epoch and number of the tap that the ride begins with
    :ivar points: 0 where it took some once and takes none any more
    :ivar operator: who gets them
    """

    identity: tuple[int, int, int]
    member_id: int
    at: dt.datetime
    unit: str
    category: str
    points: int
    operator: str


def points_unit() -> str:
    """Return the unit of points that pays for rides in this city; empty where none does."""
    pack = current_pack()
    return book(pack=pack).points.unit if pack.table("fares") else ""


def point_uses(*, month: dt.date, member_ids: Sequence[int]) -> list[PointUse]:
    """Return what each ride of members' month takes of the allowance, or once took; machine use."""
    unit = points_unit()
    found = rows(statement(__file__, "point_uses"), {"month": month, "members": list(member_ids)})
    return [
        PointUse(
            identity=(row.reader_id, row.epoch, row.seq),
            member_id=row.rider,
            at=row.boarded_at,
            unit=unit,
            category=row.category,
            points=row.points,
            operator=row.operator,
        )
        for row in found
    ]
