"""What the face of redemptions takes and gives."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from citycard.redemptions.states import State

Source = Literal["agent", "presentation", "file", "partner", "till", "clock", "officer"]
Way = Literal["card", "account", "till"]
"""Who gives the value: a kiosk writes a card, a partner credits an account, a till sells."""
Says = Literal["written", "not_written", "unclear"]


@dataclass(frozen=True, kw_only=True)
class Written:
    """A line of a card's own record: after which counter, what amount, by which terminal."""

    counter: int
    amount_ntd: int
    terminal: str


@dataclass(frozen=True, kw_only=True)
class CardReading:
    """What a card says about itself.

    :ivar purse: stored value in NT$
    :ivar counter: goes up by one with every change of the purse
    :ivar recent: the card's last lines, as many as it keeps
    """

    purse: int
    counter: int
    recent: Sequence[Written] = field(default=())


@dataclass(frozen=True, kw_only=True)
class Kiosk:
    """The machine that asks, a kiosk or a till: its device, where it stands, whose it is, and its
    name on a card's record.
    """

    device_id: int
    code: str
    place: str
    agency: str


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """What a kiosk, a till or a person at the resident's pages asks for.

    :ivar key: chosen and kept by whoever asks, before asking
    :ivar kind: the pack's conversion; empty: the one that writes the card's medium
    :ivar medium: the card's medium: must be one that the conversion writes
    :ivar kiosk: which machine asks; None for a person who asks online
    :ivar reading: what the card says; for conversions that write it
    """

    key: uuid.UUID
    member_id: int
    points: int
    kind: str = ""
    medium: str = ""
    kiosk: Kiosk | None = None
    card_id: int | None = None
    reading: CardReading | None = None


@dataclass(frozen=True, kw_only=True)
class Session:
    """A redemption as it stands.

    :ivar way: who gives the value; a card, a machine and its words belong to ``card`` alone
    :ivar partner: who is owed for it
    :ivar terminal: the kiosk's name as it stands on the card's record
    :ivar receipt: the partner's own reference of a credit, or the till's of a purchase
    :ivar contested_at: evidence came after the end that says otherwise
    :ivar ruled: an officer made a wrong end good; what was true
    :ivar returned_points: of a settled one: what went back to the person
    """

    id: int
    public_id: uuid.UUID
    key: uuid.UUID
    way: Way
    kind: str
    unit: str
    partner: str
    device_id: int | None
    terminal: str
    place: str
    agency: str
    card_id: int | None
    member_id: int
    points: int
    ntd: int
    state: State
    purse_before: int | None
    counter_before: int | None
    purse_after: int | None
    counter_after: int | None
    hold_key: uuid.UUID
    end_key: uuid.UUID | None
    reserved_at: dt.datetime
    expires_at: dt.datetime
    writing_at: dt.datetime | None
    ended_at: dt.datetime | None
    ended_by: str | None
    reason: str
    receipt: str
    contested_at: dt.datetime | None
    set_aside_at: dt.datetime | None
    ruled: Literal["written", "not_written"] | None
    returned_points: int

    @property
    def contested(self) -> bool:
        """Tell whether an officer must look at it although it has ended."""
        return self.contested_at is not None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Something that was heard about a session, and the state that it was in afterwards."""

    at: dt.datetime
    source: Source
    says: Says
    purse: int | None
    counter: int | None
    detail: str
    actor: str
    state_after: State


@dataclass(frozen=True, kw_only=True)
class OpenSession:
    """A session that waits for evidence or an officer, without saying whose it is."""

    id: int
    public_id: uuid.UUID
    way: Way
    partner: str
    device_id: int | None
    place: str
    agency: str
    points: int
    ntd: int
    state: State
    since: dt.datetime
    contested: bool


@dataclass(frozen=True, kw_only=True)
class KioskView:
    """What a kiosk may offer for a card that lies on it.

    :ivar points: may be spent today
    :ivar held: on their way to a card
    :ivar most: the most that may be loaded now, over every limit; 0 with ``why_not``
    :ivar choices: amounts to offer, all within ``most``
    :ivar why_not: code of the limit that leaves nothing: ``no_points``, ``purse_full``,
        ``day_limit``, ``busy``
    """

    points: int
    held: int
    most: int
    choices: tuple[int, ...]
    points_rate: int
    ntd_rate: int
    purse_max: int
    why_not: str = ""


@dataclass(frozen=True, kw_only=True)
class KindView:
    """A way out of points that a person may take, and how much of it now.

    :ivar kind: the pack's conversion
    :ivar most: the most points that may be taken now, over every limit; 0 with ``why_not``
    :ivar least, step: the pack's smallest amount and the steps above it, in points
    :ivar why_not: code of the limit that leaves nothing: ``no_points``, ``day_limit``
    """

    kind: str
    way: Way
    unit: str
    partner: str
    points: int
    least: int
    step: int
    most: int
    points_rate: int
    ntd_rate: int
    why_not: str = ""
