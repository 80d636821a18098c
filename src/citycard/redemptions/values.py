"""What the face of redemptions takes and gives."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from citycard.redemptions.states import State

Source = Literal["agent", "presentation", "clock", "officer"]
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
    """The machine that asks: its device, where it stands, whose it is, and its name on a card's
    record.
    """

    device_id: int
    code: str
    place: str
    agency: str


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """What a kiosk asks for.

    :ivar key: chosen by the kiosk and kept in its journal before it asks
    :ivar medium: the card's medium: must be one that the conversion writes
    """

    key: uuid.UUID
    kiosk: Kiosk
    card_id: int
    member_id: int
    medium: str
    points: int
    reading: CardReading


@dataclass(frozen=True, kw_only=True)
class Session:
    """A redemption as it stands.

    :ivar terminal: the kiosk's name as it stands on the card's record
    :ivar contested_at: evidence came after the end that says otherwise
    """

    id: int
    public_id: uuid.UUID
    key: uuid.UUID
    kind: str
    unit: str
    device_id: int
    terminal: str
    place: str
    agency: str
    card_id: int
    member_id: int
    points: int
    ntd: int
    state: State
    purse_before: int
    counter_before: int
    purse_after: int | None
    counter_after: int | None
    hold_key: uuid.UUID
    reserved_at: dt.datetime
    expires_at: dt.datetime
    writing_at: dt.datetime | None
    ended_at: dt.datetime | None
    ended_by: str | None
    reason: str
    contested_at: dt.datetime | None

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
    device_id: int
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
    ``day_limit``,
        ``busy``
    """

    points: int
    held: int
    most: int
    choices: tuple[int, ...]
    points_rate: int
    ntd_rate: int
    purse_max: int
    why_not: str = ""
