"""What happened to rides."""

from dataclasses import dataclass
from typing import ClassVar

from citycard.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ReadingsKept(Event):
    """What devices said of rides was kept with a batch of taps; the rides follow from it.

    :ivar months: the local months that the readings lie in, as ISO dates of their first days
    """

    code: ClassVar[str] = "fares.readings.kept"
    batch_id: int
    months: tuple[str, ...]
    readings: int


@dataclass(frozen=True, kw_only=True)
class RidesDecided(Event):
    """Rides of these people's months are other than they were: rows were closed and added.

    :ivar month: the local month's first day, as an ISO date
    :ivar riders: members; below zero, cards that are nobody's (minus their keys)
    """

    code: ClassVar[str] = "fares.rides.decided"
    month: str
    riders: tuple[int, ...]
