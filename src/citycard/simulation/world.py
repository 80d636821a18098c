"""What the builder of a demo city knows while it builds: the city, its day, and whom it has
made."""

import datetime as dt
import random
from dataclasses import dataclass, field

from citycard.infra.packs import Pack
from citycard.kernel.actors import SYSTEM, Actor
from citycard.simulation.drawing import Person

WEEKS_OF_LIFE = 4
BUILDER: Actor = SYSTEM


@dataclass(frozen=True, kw_only=True)
class Reader:
    """An enrolled reader: what it needs to send a tap."""

    device_id: int
    place: str
    agency: str
    district: str
    service: str
    issuer: str
    number_kind: str


@dataclass(frozen=True, kw_only=True)
class HeldCard:
    """A card in somebody's pocket."""

    card_id: int
    member_id: int
    kind: str
    medium: str
    issuer: str
    number: str
    district: str


@dataclass(kw_only=True)
class World:
    """A city being built.

    :ivar on: the city's today; weeks of life lie before it
    :ivar people: the drawn residents and the personas; ``member_ids`` beside them
    """

    pack: Pack
    on: dt.date
    seed: int
    chance: random.Random
    people: list[Person] = field(default_factory=list)
    member_ids: list[int] = field(default_factory=list)
    readers: list[Reader] = field(default_factory=list)
    cards: list[HeldCard] = field(default_factory=list)
    persona_of: dict[str, int] = field(default_factory=dict)
    """Persona code → place in ``people``."""

    @property
    def first_day(self) -> dt.date:
        """The day on which life begins."""
        return self.on - dt.timedelta(weeks=WEEKS_OF_LIFE)

    def at(self, day: dt.date, hour: float = 9.0) -> dt.datetime:
        """Return an instant of a local day."""
        return self.pack.time.midnight(day) + dt.timedelta(hours=hour)

    @property
    def opening(self) -> dt.datetime:
        """The instant at which the city opens: early on the first day."""
        return self.at(self.first_day, 0.5)
