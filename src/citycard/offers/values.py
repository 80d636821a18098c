"""What crosses the door of offers."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Code = Literal["ok", "card_not_valid", "unknown_card", "no_offer"]
Outcome = Literal["stored", "again", "conflict", "impossible_time", "no_offer"]
Finding = Literal["", "double_free_day", "due_back", "unknown_card"]


@dataclass(frozen=True, kw_only=True)
class CardNumber:
    """A card as a reader reads it."""

    issuer: str
    number_kind: str
    number: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Price:
    """What a reader is told: a public code, a price class, an amount. Nothing about the holder.

    :ivar price_class: the pack's word, such as ``resident``; ``full`` where no term holds
    :ivar member_id: whose card it is, for the access record; not for the reader
    """

    code: Code
    price_class: str = ""
    ntd: int = 0
    member_id: int | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class NewEntry:
    """An entry that a venue's reader let in.

    :ivar device: the reader's code; with ``epoch`` and ``seq`` the entry's own name
    :ivar charged_ntd: what was taken at the door, in whole NT$
    """

    device: str
    epoch: int
    seq: int
    offer: str
    venue: str
    card: CardNumber
    at: dt.datetime
    price_class: str
    charged_ntd: int


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What became of an uploaded entry.

    :ivar finding: what it turned out to be now that the other venues' entries are known
    :ivar first_day: the card's first day at any venue
    """

    device: str
    epoch: int
    seq: int
    outcome: Outcome
    finding: Finding = ""
    first_day: dt.date | None = None


@dataclass(frozen=True, kw_only=True)
class FreeDay:
    """A card's first day, for venues to learn; ``numbers`` by number kind.

    :ivar change: the place in the list of changes, for asking on
    """

    issuer: str
    numbers: Mapping[str, str] = field(repr=False)
    day: dt.date
    changed_at: dt.datetime
    change: int


@dataclass(frozen=True, kw_only=True)
class DoubleDay:
    """A card that was let in free on a day which was not its first: which venues, and when.

    :ivar masked_number: with the places hidden that the card's medium hides
    :ivar free_at: (venue, first entry) on the first day; ``double_at`` the same on the other day
    """

    card_id: int
    masked_number: str
    first_day: dt.date
    free_at: tuple[tuple[str, dt.datetime], ...]
    day: dt.date
    double_at: tuple[tuple[str, dt.datetime], ...]


@dataclass(frozen=True, kw_only=True)
class VenueTotal:
    """Entries of one venue under one price class."""

    venue: str
    price_class: str
    entries: int
    cards: int
    charged_ntd: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """How an offer was used.

    :ivar double_days: card-days let in free twice; found, never billed
    :ivar due_back_ntd: charged on what turned out to be a card's first day
    """

    offer: str
    cards: int
    totals: tuple[VenueTotal, ...]
    double_days: int
    due_back: int
    due_back_ntd: int
    unknown: int
    conflicts: int
