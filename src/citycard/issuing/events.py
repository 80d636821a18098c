"""What happened to cards on their way to the residents: ids, references and codes only."""

from dataclasses import dataclass
from typing import ClassVar

from citycard.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class _PrintEvent(Event):
    """About one print.

    :ivar ref: the application's reference
    """

    print_id: int
    application_id: int
    part_id: int
    ref: str
    member_id: int
    card_kind: str
    counter: str | None


@dataclass(frozen=True, kw_only=True)
class PrintQueued(_PrintEvent):
    """A card may be made."""

    code: ClassVar[str] = "issuing.print.queued"


@dataclass(frozen=True, kw_only=True)
class CardReady(_PrintEvent):
    """The card is printed and waits to be handed over."""

    code: ClassVar[str] = "issuing.card.ready"


@dataclass(frozen=True, kw_only=True)
class CardHandedOver(_PrintEvent):
    """The card is in the resident's hands."""

    code: ClassVar[str] = "issuing.card.handed_over"
    card_id: int


@dataclass(frozen=True, kw_only=True)
class BlankSpoiled(Event):
    """A blank card was spoiled; it will never be a card."""

    code: ClassVar[str] = "issuing.blank.spoiled"
    blank_id: int
    counter: str
    print_id: int | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class NameRegistered(Event):
    """The card company has the name of a card's holder."""

    code: ClassVar[str] = "issuing.name.registered"
    registration_id: int
    card_id: int
    member_id: int


@dataclass(frozen=True, kw_only=True)
class NameRejected(Event):
    """The card company refused a name; a person must look."""

    code: ClassVar[str] = "issuing.name.rejected"
    registration_id: int
    card_id: int
    member_id: int
    why: str
