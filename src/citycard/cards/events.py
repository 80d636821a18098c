"""What happened to cards. A batch announces one event; ids stand in parallel."""

from dataclasses import dataclass
from typing import ClassVar

from citycard.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class CardsRegistered(Event):
    """Cards were made known to the city."""

    code: ClassVar[str] = "cards.card.registered"
    card_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class CardsBound(Event):
    """Cards became their holders'; ``member_ids`` stands in parallel to ``card_ids``."""

    code: ClassVar[str] = "cards.card.bound"
    card_ids: tuple[int, ...]
    member_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class CardsUnbound(Event):
    """Cards are no longer their holders'; ``member_ids`` stands in parallel to ``card_ids``."""

    code: ClassVar[str] = "cards.card.unbound"
    card_ids: tuple[int, ...]
    member_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class CardReportedLost(Event):
    """A card was reported lost; from now on every reader refuses it."""

    code: ClassVar[str] = "cards.card.reported_lost"
    card_id: int
    member_id: int | None


@dataclass(frozen=True, kw_only=True)
class CardSuspended(Event):
    """A card was stopped for the time being."""

    code: ClassVar[str] = "cards.card.suspended"
    card_id: int
    member_id: int | None


@dataclass(frozen=True, kw_only=True)
class CardResumed(Event):
    """A stopped card works again."""

    code: ClassVar[str] = "cards.card.resumed"
    card_id: int
    member_id: int | None


@dataclass(frozen=True, kw_only=True)
class CardEnded(Event):
    """A card came to its end: returned, expired or retired."""

    code: ClassVar[str] = "cards.card.ended"
    card_id: int
    member_id: int | None
    state: str


@dataclass(frozen=True, kw_only=True)
class RightMovedToCard(Event):
    """A right that one card alone carries is on another card of its holder's now.

    :ivar from_card_id: the one before; None when there was none
    """

    code: ClassVar[str] = "cards.right.moved"
    entitlement: str
    card_id: int
    from_card_id: int | None
    member_id: int


@dataclass(frozen=True, kw_only=True)
class AgencyNumbersLinked(Event):
    """An agency's own member numbers were noted: how many, and nothing about whose."""

    code: ClassVar[str] = "cards.agency_numbers.linked"
    agency: str
    count: int


@dataclass(frozen=True, kw_only=True)
class AgencyNumbersUnlinked(Event):
    """An agency took own member numbers back: how many, and nothing about whose."""

    code: ClassVar[str] = "cards.agency_numbers.unlinked"
    agency: str
    count: int


@dataclass(frozen=True, kw_only=True)
class ProgrammeSwitched(Event):
    """A programme was closed or opened by hand, or given back to its dated windows."""

    code: ClassVar[str] = "cards.programme.switched"
    programme: str
    state: str
