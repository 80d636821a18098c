"""What crosses issuing's door."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from citycard.kernel.errors import Refused


@dataclass(frozen=True, kw_only=True)
class NewBlank:
    """A blank card that was delivered.

    :ivar numbers: number kind → number, as the pack names them; the kind that is shown must be
        there
    """

    medium: str
    numbers: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Received:
    """What became of one delivered blank."""

    blank_id: int | None
    refusal: Refused | None = None


@dataclass(frozen=True, kw_only=True)
class Stock:
    """The blanks of one medium at one counter."""

    counter: str
    medium: str
    in_stock: int
    loaded: int
    issued: int
    spoiled: int

    @property
    def received(self) -> int:
        return self.in_stock + self.loaded + self.issued + self.spoiled


@dataclass(frozen=True, kw_only=True)
class NewPrint:
    """A card to make for an approved part.

    :ivar medium: the one that the applicant chose; None takes the pack's for a first card
    """

    application_id: int
    part_id: int
    ref: str
    member_id: int
    card_kind: str
    counter: str | None
    medium: str | None = None


@dataclass(frozen=True, kw_only=True)
class PrintJob:
    """A card on its way. Names no one.

    :ivar number_masked: of the blank set aside for it
    :ivar missing_glyphs: characters that no font has; the card must not be printed as it is
    :ivar last_fault: why the last attempt spoiled its blank
    """

    print_id: int
    public_id: str
    application_id: int
    part_id: int
    ref: str
    member_id: int
    card_kind: str
    kind_name: Mapping[str, str]
    medium: str
    counter: str | None
    state: str
    attempt: int
    is_drawn: bool
    number_masked: str | None
    missing_glyphs: tuple[str, ...]
    last_fault: str | None
    queued_at: dt.datetime
    printed_at: dt.datetime | None
    handed_over_at: dt.datetime | None
    version: int


@dataclass(frozen=True, kw_only=True)
class CardFace:
    """What stands on a card; every text as it is to be read.

    :ivar photo: JPEG or PNG, cropped to the card's proportions
    :ivar template: its artwork; empty for its kind's own
    """

    card_kind: str
    name: str = field(repr=False)
    template: str = ""
    number: str = field(default="", repr=False)
    valid_until: dt.date | None = None
    photo: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Preview:
    """The bitmap that will be printed, or was.

    :ivar png: 1011 × 638 pixels, 300 dots an inch
    """

    print_id: int
    png: bytes = field(repr=False)
    sha256: str
    missing_glyphs: tuple[str, ...]
    version: int


@dataclass(frozen=True, kw_only=True)
class HandedOver:
    """A card in the resident's hands, and what its flow must make known.

    :ivar numbers: of the blank, by kind
    """

    print_id: int
    application_id: int
    part_id: int
    ref: str
    member_id: int
    card_kind: str
    medium: str
    numbers: Mapping[str, str] = field(repr=False)
    template: str


@dataclass(frozen=True, kw_only=True)
class Registration:
    """A name for the card company.

    :ivar key: its idempotency key, unique beyond this database
    """

    registration_id: int
    key: str
    print_id: int
    card_id: int
    member_id: int
    card_kind: str
    number: str = field(repr=False)
    state: str
    opened_at: dt.datetime
    sent_at: dt.datetime | None
    ended_at: dt.datetime | None
    receipt: str | None
    why: str | None


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    """Names of one day: how many were due, and what became of them; the three add up to
    ``opened``."""

    on: dt.date
    opened: int
    acknowledged: int
    rejected: int
    waiting: int
