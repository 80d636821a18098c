"""What is asked of the ledger and what it answers."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from citycard.kernel.errors import Refused
from citycard.ledger.accounts import AccountRef

Outcome = Literal["posted", "duplicate", "refused"]
LARGEST = 2**53
"""No amount is larger: every program that reads a file of ours can hold it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Transfer:
    """An amount, above zero, from one account to another of the same unit."""

    source: AccountRef
    target: AccountRef
    amount: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """Transfers that happen together or not at all.

    :ivar key: ``kernel.ids.fact_key(at, …)``: names the fact, so that a retry meets its own move
    :ivar kind: what it is, like ``campaign.award``
    :ivar reverses: the key of the move that this one takes back, in whole or in part
    :ivar ref: what it was for, by ids only: ``campaign:3``
    """

    key: uuid.UUID
    kind: str
    at: dt.datetime
    transfers: Sequence[Transfer]
    reverses: uuid.UUID | None = None
    ref: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spend:
    """Points of one person to be spent, earliest lapse first, then oldest fund.

    :ivar into: ``"held"`` takes them out of the lots until evidence settles or releases them;
        an account takes them for good
    """

    key: uuid.UUID
    kind: str
    at: dt.datetime
    holder: int
    unit: str
    amount: int
    into: Literal["held"] | AccountRef = "held"
    ref: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldEnd:
    """The end of a hold.

    :ivar hold: the key of the spend that holds
    :ivar into: the account that gets the points; None gives them back to their lots
    :ivar grace_until: for lots whose last day has passed meanwhile: the day until which what comes
        back may still be spent; None leaves it lapsed
    """

    key: uuid.UUID
    hold: uuid.UUID
    kind: str
    at: dt.datetime
    into: AccountRef | None = None
    grace_until: dt.date | None = None
    ref: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What one lot gave: its fund owes for it."""

    fund: int
    expires_on: dt.date | None
    amount: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Posted:
    """What became of one move. ``duplicate`` is a success told again; ``parts`` name lots spent."""

    key: uuid.UUID
    outcome: Outcome
    refusal: Refused | None = None
    parts: tuple[Part, ...] = field(default=())


class NotEnough(Refused):
    """There are {balance}, {wanted} are needed."""

    code = "ledger.not_enough"


class NotEnoughPoints(NotEnough):
    """There are {balance} points, {wanted} are needed."""

    code = "ledger.not_enough_points"


class BudgetUsedUp(NotEnough):
    """The budget has {balance} left, {wanted} are needed."""

    code = "ledger.budget_used_up"


class KeyUsed(Refused):
    """The key {key} was used for something else before."""

    code = "ledger.key_used"


class KeyTimeWrong(Refused):
    """The key {key} does not begin with the time of its fact, {at}."""

    code = "ledger.key_time_wrong"


class AmountWrong(Refused):
    """The amount {amount} is not a whole number above zero, or moves between two units."""

    code = "ledger.amount_wrong"


class HoldUnknown(Refused):
    """Nothing is held under the key {key}."""

    code = "ledger.hold_unknown"


class HoldEnded(Refused):
    """What was held under the key {key} is {state} already."""

    code = "ledger.hold_ended"


def content_hash(*parts: object) -> uuid.UUID:
    """Return what a key stands for, so that the same key for something else is seen.

    For what is asked rather than moved; the hash of a plain move is the database's own.
    """
    text = "\x1f".join(map(str, parts))
    return uuid.UUID(bytes=hashlib.blake2b(text.encode(), digest_size=16).digest())


def hash_of_spend(spend: Spend) -> uuid.UUID:
    """Return the hash of what is asked; from which lots it is taken is decided once, not asked."""
    into = spend.into if isinstance(spend.into, str) else spend.into.mark
    return content_hash(
        spend.kind, spend.at.timestamp(), spend.holder, spend.unit, spend.amount, into, spend.ref
    )


def hash_of_end(end: HoldEnd) -> uuid.UUID:
    """Return the hash of a hold's end."""
    into = end.into.mark if end.into else "back"
    return content_hash(end.kind, end.at.timestamp(), end.hold, into, end.ref)
