"""What became of redemptions."""

from dataclasses import dataclass
from typing import ClassVar

from citycard.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class _OfSession(Event):
    session_id: int
    member_id: int
    device_id: int | None
    points: int
    ntd: int
    place: str


@dataclass(frozen=True, kw_only=True)
class SessionSettled(_OfSession):
    """The value was given; the points are with the partner."""

    code: ClassVar[str] = "redemptions.session.settled"


@dataclass(frozen=True, kw_only=True)
class SessionReleased(_OfSession):
    """Nothing was given after it might have been; the points are back."""

    code: ClassVar[str] = "redemptions.session.released"


@dataclass(frozen=True, kw_only=True)
class SessionDisputed(_OfSession):
    """What was heard does not fit together; an officer decides."""

    code: ClassVar[str] = "redemptions.session.disputed"


@dataclass(frozen=True, kw_only=True)
class PointsReturned(_OfSession):
    """After the end points went back to the person: a refund, or a wrong end made good."""

    code: ClassVar[str] = "redemptions.points.returned"


@dataclass(frozen=True, kw_only=True)
class PointsCharged(_OfSession):
    """After a release it came out that the value was given: the points were taken again."""

    code: ClassVar[str] = "redemptions.points.charged"
