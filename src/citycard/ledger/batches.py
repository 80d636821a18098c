"""Moves as the database takes them: in columns, accounts named by pot and holder; or one alone."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from citycard.infra.database import rows
from citycard.kernel.actors import Actor
from citycard.ledger.accounts import AccountRef

Pot = tuple[str, str, int | None, dt.date | None, str | None]
"""An account less its holder: class, unit, fund, last day, code. Many people share few of them."""


def pot_of(account: AccountRef) -> Pot:
    """Return an account's pot."""
    return (
        account.account_class,
        account.unit,
        account.fund,
        account.expires_on,
        account.code,
    )


@dataclass(slots=True)
class Pots:
    """The pots of a batch; rows name them by place, from 1."""

    places: dict[Pot, int] = field(default_factory=dict)

    def place(self, pot: Pot) -> int:
        """Return a pot's place, giving it one."""
        return self.places.setdefault(pot, len(self.places) + 1)

    def place_all(self, pots: Iterable[Pot]) -> list[int]:
        """Return the places of the pots of many rows."""
        known = self.places
        return [known.get(pot) or self.place(pot) for pot in pots]

    def columns(self) -> list[list[Any]]:
        """Return the pots as five columns."""
        return [list(column) for column in zip(*self.places, strict=True)] or [[]] * 5


@dataclass(kw_only=True, slots=True)
class Batch:
    """Moves and their transfers, column by column.

    :ivar month: the own month of each key, or one for all; ``kind`` and ``ref`` likewise
    :ivar reverses: empty when nothing is reversed
    :ivar content: hashes that are known already; empty when all are the moves' own
    :ivar move: the place of each transfer's move, from 1; empty when each move has one transfer
    """

    pots: Pots
    key: list[uuid.UUID]
    month: list[dt.date]
    at: list[dt.datetime]
    kind: list[str]
    ref: list[str]
    reverses: list[uuid.UUID | None] = field(default_factory=list)
    content: list[uuid.UUID | None] = field(default_factory=list)
    move: list[int] = field(default_factory=list)
    source: list[int]
    giver: list[int | None]
    target: list[int]
    taker: list[int | None]
    amount: list[int]


_POST = """
SELECT outcome, short_move, short_transfer, short_had, short_wanted FROM ledger_post(
    %s::text[], %s::text[], %s::bigint[], %s::date[], %s::text[],
    %s::uuid[], %s::date[], %s::timestamptz[], %s::text[], %s::text[], %s::uuid[], %s::uuid[],
    %s::int[], %s::int[], %s::bigint[], %s::int[], %s::bigint[], %s::bigint[], %s::text,
    %s::timestamptz)
"""


_POST_ONE = """
SELECT ledger_post_one(
    %s::text, %s::text, %s::bigint, %s::bigint, %s::date, %s::text,
    %s::text, %s::text, %s::bigint, %s::bigint, %s::date, %s::text,
    %s::uuid, %s::date, %s::timestamptz, %s::text, %s::text, %s::uuid, %s::uuid, %s::bigint,
    %s::text, %s::timestamptz) AS outcome
"""


def run_one(batch: Batch, actor: Actor, now: dt.datetime) -> bool:
    """Post a batch of one move of one transfer, when nothing about it is out of the ordinary.

    :returns: whether it was posted; if not, nothing was done and ``run`` says why
    """
    pots = list(batch.pots.places)
    columns = [
        *_named(pots[batch.source[0] - 1], batch.giver[0]),
        *_named(pots[batch.target[0] - 1], batch.taker[0]),
        batch.key[0],
        batch.month[0],
        batch.at[0],
        batch.kind[0],
        batch.ref[0],
        batch.reverses[0] if batch.reverses else None,
        batch.content[0] if batch.content else None,
        batch.amount[0],
    ]
    return bool(rows(_POST_ONE, [*columns, actor.id, now], prepare=True)[0].outcome == 0)


def _named(pot: Pot, holder: int | None) -> tuple[Any, ...]:
    account_class, unit, fund, expires_on, code = pot
    return account_class, unit, holder, fund, expires_on, code


def run(batch: Batch, actor: Actor, now: dt.datetime) -> Any:
    """Post a batch and return what became of it, as ``ledger_post`` tells it."""
    columns: Sequence[Any] = [
        *batch.pots.columns(),
        batch.key,
        batch.month,
        batch.at,
        batch.kind,
        batch.ref,
        batch.reverses,
        batch.content,
        batch.move,
        batch.source,
        batch.giver,
        batch.target,
        batch.taker,
        batch.amount,
    ]
    return rows(_POST, [*columns, actor.id, now], prepare=True)[0]
