"""What tills leave of a month's allowances to rides, which become known later."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from citycard.infra.columns import INT8, array, ask
from citycard.infra.database import statement

_Y2000 = dt.date(2000, 1, 1)


class Left(NamedTuple):
    """What rides find of a month's allowance: so many points, from a day on."""

    points: int
    starts_on: dt.date


def left_to_rides(*, member_ids: Sequence[int], month: dt.date, unit: str) -> dict[int, Left]:
    """Return what tills left of members' allowances, for a flow's own decision, never for a page;
    nothing of who was granted none.

    What a till was answered is a fact: rides have the rest, whenever they become known.
    """
    asked = {"members": array(INT8, np.array(member_ids, np.int64)), "month": month, "unit": unit}
    found = ask(statement(__file__, "allowance_left"), asked, (">i8", ">i8", ">i4"))
    members, points, starts = (column.tolist() for column in found)
    day = {number: _Y2000 + dt.timedelta(days=number) for number in set(starts)}
    each = zip(members, points, starts, strict=True)
    return {member: Left(left, day[start]) for member, left, start in each}
