"""Counts of decided rides: for programs that prove a run."""

import datetime as dt
from typing import NamedTuple

from citycard.infra.database import rows, statement


class RideCounts(NamedTuple):
    """Rides of a month as they are decided now.

    :ivar with_points: paid by a month's points, in part or in whole
    :ivar transfers: begun within the window after the same card's last boarding, on another route
    :ivar differing: where the device took something else than the city's rule
    """

    rides: int
    with_points: int
    transfers: int
    differing: int


def count_rides(*, month: dt.date, within: dt.timedelta = dt.timedelta(hours=2)) -> RideCounts:
    """Count a month's rides.

    :param month: its first day
    :param within: the window of a transfer, from boarding to boarding
    """
    [found] = rows(statement(__file__, "count_rides"), {"month": month, "within": within})
    return RideCounts(*found)
