"""What happened to the people, by ids only. A long batch is announced as several events."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from citycard.kernel.events import Event

IDS_AN_EVENT = 500


@dataclass(frozen=True, kw_only=True)
class MemberEnrolled(Event):
    """New members stand in the city's book."""

    code: ClassVar[str] = "people.member.enrolled"
    member_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class FactsChanged(Event):
    """What we hold true about these members changed; rights may follow."""

    code: ClassVar[str] = "people.facts.changed"
    member_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class NumberReplaced(Event):
    """A member has a new ID number; the old one is dead."""

    code: ClassVar[str] = "people.number.replaced"
    member_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class GroundWithdrawn(Event):
    """A consent was withdrawn; questions that stood on it have stopped."""

    code: ClassVar[str] = "people.ground.withdrawn"
    ground_id: int
    member_id: int
    query_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class GuardianRecorded(Event):
    """Somebody is a child's guardian by now."""

    code: ClassVar[str] = "people.guardian.recorded"
    child_id: int
    guardian_id: int


@dataclass(frozen=True, kw_only=True)
class GuardianEnded(Event):
    """Somebody is a child's guardian no longer."""

    code: ClassVar[str] = "people.guardian.ended"
    child_id: int
    guardian_id: int


@dataclass(frozen=True, kw_only=True)
class RegisterAnswered(Event):
    """A register answered these questions."""

    code: ClassVar[str] = "people.register.answered"
    query_ids: tuple[int, ...]


def in_parts(ids: Sequence[int]) -> list[tuple[int, ...]]:
    """Cut a long batch's ids into what one event carries."""
    return [tuple(ids[i : i + IDS_AN_EVENT]) for i in range(0, len(ids), IDS_AN_EVENT)]
