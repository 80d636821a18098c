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
    """Rides of people's months were decided anew: rows closed and added, differences with them."""

    code: ClassVar[str] = "fares.rides.decided"
    month: str
    riders: int
    added: int
    closed: int
