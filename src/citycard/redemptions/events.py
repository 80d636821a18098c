"""What became of redemptions."""

from dataclasses import dataclass
from typing import ClassVar

from citycard.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class _OfSession(Event):
    session_id: int
    member_id: int
    device_id: int
    points: int
    ntd: int
    place: str


@dataclass(frozen=True, kw_only=True)
class SessionSettled(_OfSession):
    """The card holds the value; the points are with the partner."""

    code: ClassVar[str] = "redemptions.session.settled"


@dataclass(frozen=True, kw_only=True)
class SessionReleased(_OfSession):
    """Nothing was written after the card might have been; the points are back."""

    code: ClassVar[str] = "redemptions.session.released"


@dataclass(frozen=True, kw_only=True)
class SessionDisputed(_OfSession):
    """What was heard does not fit together; an officer decides."""

    code: ClassVar[str] = "redemptions.session.disputed"
