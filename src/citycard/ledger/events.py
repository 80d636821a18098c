"""What became of points by themselves."""

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

from citycard.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class PointsLapsed(Event):
    """Points of one unit and last day have lapsed; so many of each person, named once."""

    code: ClassVar[str] = "ledger.points.lapsed"
    unit: str
    last_day: dt.date
    member_ids: tuple[int, ...]
    points: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class MonthWasClosed(Event):
    """A booking month is closed, its statements are kept."""

    code: ClassVar[str] = "ledger.month.closed"
    month: dt.date
    version: int


@dataclass(frozen=True, kw_only=True)
class MonthReopened(Event):
    """A closed booking month takes entries again."""

    code: ClassVar[str] = "ledger.month.reopened"
    month: dt.date
