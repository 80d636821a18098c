"""What crosses the door of cards."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from citycard.kernel.errors import Refused


@dataclass(frozen=True, kw_only=True)
class NewCard:
    """A card to make known.

    :ivar numbers: number kind → number, as the pack has them (``printed``, ``chip_id`` …)
    :ivar state: ``active``, or ``issued`` for a card that is still to be handed over
    """

    kind: str
    medium: str
    numbers: Mapping[str, str] = field(repr=False)
    issuer: str = ""
    version: str = ""
    expires_on: dt.date | None = None
    state: str = "active"


@dataclass(frozen=True, kw_only=True)
class CardRegistered:
    """What became of a new card: its id, or why not."""

    card_id: int | None = None
    public_id: uuid.UUID | None = None
    refusal: Refused | None = None


@dataclass(frozen=True, kw_only=True)
class Bind:
    """A card that becomes a member's.

    :ivar follows_binding_id: for a companion's card, the holder's binding that it follows
    """

    card_id: int
    member_id: int
    follows_binding_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Bound:
    """What became of a binding.

    :ivar already: the card was this member's before; nothing was changed
    """

    card_id: int
    binding_id: int | None = None
    already: bool = False
    refusal: Refused | None = None


@dataclass(frozen=True, kw_only=True)
class CardView:
    """A card as its holder or a clerk sees it, its number masked by the rule of its medium."""

    card_id: int
    public_id: uuid.UUID
    kind: str
    medium: str
    state: str
    state_at: dt.datetime
    masked_number: str
    version: str
    expires_on: dt.date | None
    bound_at: dt.datetime
    unbound_at: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class CardFound:
    """A card by one of its numbers, for machines: ids and state only."""

    card_id: int
    member_id: int | None
    state: str
    kind: str
    medium: str


@dataclass(frozen=True, kw_only=True)
class Linked:
    """What became of an agency's number for a member."""

    link_id: int | None = None
    already: bool = False
    refusal: Refused | None = None


NumberStatus = Literal["active", "suspended", "expired"]
"""How an agency serves a member: its own word, told to nobody else."""


@dataclass(frozen=True, kw_only=True)
class AgencyNumber:
    """An agency's own number of a member, how it serves that member, and the link of both."""

    link_id: int
    number: str = field(repr=False)
    status: NumberStatus = "active"


@dataclass(frozen=True, kw_only=True)
class NumberStanding:
    """How one of an agency's own numbers stands: no word about whose it is.

    :ivar since: when the agency said so
    """

    status: NumberStatus
    since: dt.datetime
