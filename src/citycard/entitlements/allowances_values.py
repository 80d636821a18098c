"""Monthly allowances: what crosses the door."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from citycard.ledger import api as ledger

Why = Literal[
    "",
    "no_allowance",
    "before_right",
    "after_right",
    "cap",
    "limit",
    "used_up",
    "too_late",
    "not_for_this",
    "key_used",
]
"""Why less than asked was posted; empty when nothing is missing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AllowanceUse:
    """What one use of a month's allowance should come to.

    :ivar key: ``kernel.ids.fact_key(at, …)`` of the use and its person: whoever else it turns out
        to be has a key of their own
    :ivar category: what it is spent on, by the pack's name under ``spends_on``
    :ivar points: what should be posted for it in all; 0 takes everything back
    :ivar into: who gets the points, an account of the same unit
    :ivar whole: take all or nothing, where last points may not be used in part
    :ivar service: the service of the till or reader, where there is one
    :ivar ref: what it was for, by ids only
    """

    key: uuid.UUID
    at: dt.datetime
    member_id: int
    unit: str
    category: str
    points: int
    into: ledger.AccountRef
    whole: bool = False
    service: str = ""
    ref: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class UseColumns:
    """Uses row by row in parallel lists; the fields are those of an ``AllowanceUse``."""

    key: Sequence[uuid.UUID]
    at: Sequence[dt.datetime]
    member_id: Sequence[int]
    unit: Sequence[str]
    category: Sequence[str]
    points: Sequence[int]
    into: Sequence[ledger.AccountRef]
    whole: Sequence[bool]
    service: Sequence[str]
    ref: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class UseSet:
    """What became of a use.

    :ivar points: what is posted for it now
    :ivar change: what this call posted: above zero spent, below zero taken back
    :ivar why: why less than asked is posted
    :ivar left: what the person has left of the month after this batch
    """

    key: uuid.UUID
    points: int
    change: int
    why: Why = ""
    left: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class TillAsk:
    """A price that is to be paid at a till, a clinic or a venue.

    :ivar category: what it is for, by the pack's name under ``spends_on``
    :ivar price_ntd: the whole price, of ``quantity`` hours or pieces together
    :ivar purse_ntd: the stored value on the card, as the till read it
    :ivar agency: whose till it is: it gets the points
    """

    key: uuid.UUID
    at: dt.datetime
    member_id: int
    category: str
    price_ntd: int
    quantity: int
    purse_ntd: int
    agency: str
    service: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Paid:
    """What pays a price: points first, then stored value, then cash; and why not more points."""

    key: uuid.UUID
    points: int
    stored_value_ntd: int
    cash_ntd: int
    why: Why = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthGranted:
    """What one batch of granting did.

    :ivar people: whose allowance was posted or corrected
    :ivar points: what was posted, less what was taken back
    :ivar finished: whether nobody is left
    """

    people: int
    points: int
    finished: bool


class MonthAmount(NamedTuple):
    """What the rule gives a person for a month in a unit, from a local day on."""

    unit: str
    amount: int
    starts_on: dt.date


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """A month's allowance of a person.

    :ivar amount: what the rule gives for the month
    :ivar left: what may still be used
    :ivar starts_on: first local day of use; ``ends_on`` the first day no longer, None: month's end
    :ivar last_day: the month's last day; uploads are heard until ``heard_until``
    :ivar decided_on: the day whose facts decided the amount
    :ivar because: the facts that the rule read, and what of the month counts
    :ivar by_category: category → points used
    :ivar at_tills: of them, those that tills, clinics and venues were answered
    """

    member_id: int
    unit: str
    month: dt.date
    entitlement: str
    fund: int
    amount: int
    used: int
    left: int
    starts_on: dt.date
    ends_on: dt.date | None
    last_day: dt.date
    heard_until: dt.date
    decided_on: dt.date
    because: Mapping[str, Any]
    pack_hash: str
    by_category: Mapping[str, int] = field(default_factory=dict)
    at_tills: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class AllowanceUsed:
    """One use of an allowance as its holder sees it.

    :ivar wanted: what it should have come to; ``why`` says why less
    :ivar partner: who got the points
    :ivar price_ntd: at a till: the price, and what stored value and cash paid of it
    """

    key: uuid.UUID
    at: dt.datetime
    category: str
    service: str
    partner: str
    points: int
    wanted: int
    why: Why
    price_ntd: int | None
    stored_value_ntd: int | None
    cash_ntd: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CategoryFigure:
    """What a category took of a month: uses, points, and by how many people."""

    category: str
    uses: int
    points: int
    people: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AllowanceFigures:
    """A month's allowances of some rights.

    :ivar people: who were given one; ``granted`` what they were given
    :ivar users: who used some of it; ``used`` what they used
    """

    unit: str
    people: int
    granted: int
    users: int
    used: int
    categories: tuple[CategoryFigure, ...]
