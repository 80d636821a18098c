"""What crosses the door of taps; what a batch makes by the hundred is a named tuple."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal, NamedTuple

from citycard.taps.codes import Code

Leg = Literal["in", "out", "whole"]


class RidePart(NamedTuple):
    """What a vehicle's, a gate's or a dock's device knows of the ride that a tap is part of.

    All of it is the device's word: facts that are kept and never corrected.

    :ivar leg: ``in`` boards, ``out`` alights, ``whole`` is a ride in one tap (a taxi's, one paid at
        the door)
    :ivar operator: who runs it; ``route``, ``stop`` and ``vehicle`` are the operator's own codes,
        empty where there is none
    :ivar metres: how far the ride went, where the device measured it
    :ivar ticket: the kind of ticket that the device took the card for, such as ``full``, ``senior``
    :ivar fare_ntd: the full fare, where the device has it of itself: a meter, a train's table
    :ivar charged_ntd: taken from the stored value at this tap, ``missed_ntd`` included
    :ivar missed_ntd: the part of it that was for an earlier ride which had not been tapped out of
    :ivar points_taken: taken from the month's allowance
    :ivar purse_after_ntd: the stored value afterwards; below zero where the card may be overdrawn
    """

    leg: Leg
    operator: str
    route: str = ""
    stop: str = ""
    vehicle: str = ""
    ticket: str = ""
    metres: int | None = None
    fare_ntd: int | None = None
    charged_ntd: int = 0
    missed_ntd: int = 0
    points_taken: int = 0
    purse_after_ntd: int | None = None


class SalePart(NamedTuple):
    """What a till, a clinic or a venue says of a price that a month's points may pay.

    :ivar price_ntd: the whole price, of ``quantity`` hours or pieces together
    :ivar purse_ntd: the stored value on the card before
    """

    price_ntd: int
    quantity: int = 1
    purse_ntd: int = 0


class AnsweredPart(NamedTuple):
    """What a device answered by itself while it was cut off; a fact that is kept beside the city's
    own verdict.

    :ivar code: the word that it answered: ``accepted``, or why not
    :ivar points: points that it took as payment
    :ivar snapshot: the version of its snapshot; 0: it had none
    :ivar profile: the class that it took the card for, such as ``senior``
    """

    code: str
    points: int = 0
    snapshot: int = 0
    profile: str = ""


class TapRead(NamedTuple):
    """What a reader saw.

    ``device_id, epoch, seq`` is its identity; ``at`` is the reader's own time, aware; ``issuer``
    and ``number_kind`` say which of a card's numbers ``number`` is. ``ride`` is there for taps of
    vehicles, gates and docks, ``sale`` for those of tills, ``answered`` for those that the device
    answered by itself.
    """

    device_id: int
    epoch: int
    seq: int
    at: dt.datetime
    issuer: str
    number_kind: str
    number: str
    ride: RidePart | None = None
    sale: SalePart | None = None
    answered: AnsweredPart | None = None


class CardRead(NamedTuple):
    """One of a card's numbers, as a reader or an agency's system has it."""

    issuer: str
    number_kind: str
    number: str


class Judged(NamedTuple):
    """What a service would say to a card, and whose it is; ``agency`` is the asking reader's."""

    code: Code
    member_id: int | None
    agency: str


class PaidPart(NamedTuple):
    """What pays a price at a till: points first, then stored value, then cash."""

    points: int
    stored_value_ntd: int
    cash_ntd: int


class TapAnswer(NamedTuple):
    """All that a reader learns: a public code, points, its own agency's number of the member, at a
    till what pays the price, and which class of fare the card is good for, such as ``senior``;
    empty: none, or the service tells none."""

    code: Code
    points: int = 0
    agency_number: str | None = None
    paid: PaidPart | None = None
    profile: str = ""


@dataclass(frozen=True, kw_only=True)
class TapView:
    """A tap in a resident's history; ``tap`` names it: reader, epoch and sequence."""

    tap: str
    at: dt.datetime
    service: str
    agency: str
    place: str
    code: Code
    points: int
    card_id: int | None
    late: bool


@dataclass(frozen=True, kw_only=True)
class ReaderHealth:
    """How a reader's uploads stand.

    :ivar missing: sequence numbers that were skipped so far: taps that may still lie in the reader
    :ivar usual_gap: the longest time between two uploads that is usual for this reader of late
    """

    reader_id: int
    epoch: int
    taken: int
    missing: int
    last_at: dt.datetime | None
    last_received_at: dt.datetime | None
    usual_gap: dt.timedelta
    conflicts: int
    quarantined: int


@dataclass(frozen=True, kw_only=True)
class AmbiguousTap:
    """A tap whose number can mean two cards: it stands without a card, and nobody guesses.

    :ivar tail: the last digits of the number that was read
    """

    reader_id: int
    epoch: int
    seq: int
    at: dt.datetime
    received_at: dt.datetime
    agency: str
    issuer: str
    number_kind: str
    tail: str
