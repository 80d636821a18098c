"""Posting moves: the ledger's one writer, set-based; a single move is a batch of one."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from citycard.infra.database import rows
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.ledger import booking, moves
from citycard.ledger.accounts import AccountRef
from citycard.ledger.moves import AmountWrong, KeyUsed, Move, Posted, Transfer

LARGEST = 2**53


def move_many(*, moves: Sequence[Move], actor: Actor, now: dt.datetime) -> list[Posted]:
    """Post moves in order, each whole or not at all; a refused one leaves the rest as they are.

    The same key with the same content is answered ``duplicate`` and changes nothing. Balances are
    locked budgets first, then people's accounts, each by number, until the unit of work ends.

    :returns: one answer a move, in order
    """
    require_unit_of_work()
    return post([Asked(move=move, content=hash_of(move)) for move in moves], actor=actor, now=now)


hash_of = moves.hash_of_move


@dataclass(frozen=True, slots=True)
class Asked:
    """A move with the hash of what was asked for (a spend asks for less than its move says)."""

    move: Move
    content: uuid.UUID


def post(asked: Sequence[Asked], *, actor: Actor, now: dt.datetime) -> list[Posted]:
    """Post moves whose content hash is known; see ``move_many``."""
    answers: list[Posted | None] = [_refused_before(one.move, now) for one in asked]
    first_of: dict[uuid.UUID, int] = {}
    again: list[tuple[int, int]] = []
    batch = _Batch()
    places: list[int] = []
    for n, one in enumerate(asked):
        if answers[n] is not None:
            continue
        first = first_of.setdefault(one.move.key, n)
        if first != n:
            again.append((n, first))
            continue
        places.append(n)
        batch.add(one)
    for n, answer in zip(places, batch.post(actor, now), strict=True):
        answers[n] = answer
    for n, first in again:
        answers[n] = _again(asked[n], asked[first], answers[first])
    return [answer for answer in answers if answer is not None]


def _again(asked: Asked, first: Asked, answer: Posted | None) -> Posted:
    """Answer a key that stands twice in one batch: the second meets the first."""
    assert answer is not None
    if asked.content != first.content:
        return _refused(asked.move, KeyUsed(key=str(asked.move.key)))
    if answer.outcome == "refused":
        return answer
    return Posted(key=answer.key, outcome="duplicate", parts=answer.parts)


def _refused_before(move: Move, now: dt.datetime) -> Posted | None:
    refusal = booking.wrong_time(move.key, move.at, now) or _wrong_amount(move.transfers)
    return _refused(move, refusal) if refusal else None


def _wrong_amount(transfers: Sequence[Transfer]) -> Refused | None:
    if not transfers:
        return AmountWrong(amount=0)
    for one in transfers:
        whole = type(one.amount) is int and 0 < one.amount <= LARGEST
        if not whole or one.source.unit != one.target.unit or one.source == one.target:
            return AmountWrong(amount=one.amount)
    return None


def _refused(move: Move, refusal: Refused) -> Posted:
    return Posted(key=move.key, outcome="refused", refusal=refusal)


_POST = """
SELECT outcome, short_account, short_had, short_wanted FROM ledger_post(
    %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::date[], %s::text[],
    %s::uuid[], %s::date[], %s::text[], %s::timestamptz[], %s::uuid[], %s::text[], %s::uuid[],
    %s::int[], %s::int[], %s::int[], %s::bigint[], %s, %s)
"""


@dataclass(slots=True)
class _Batch:
    """A batch as the database takes it: each account once, transfers pointing at accounts and
    moves.
    """

    asked: list[Asked] = field(default_factory=list)
    accounts: dict[AccountRef, int] = field(default_factory=dict)
    transfers: list[tuple[int, int, int, int]] = field(default_factory=list)

    def add(self, one: Asked) -> None:
        self.asked.append(one)
        number = len(self.asked)
        for transfer in one.move.transfers:
            source, target = self._place(transfer.source), self._place(transfer.target)
            self.transfers.append((number, source, target, transfer.amount))

    def post(self, actor: Actor, now: dt.datetime) -> list[Posted]:
        if not self.asked:
            return []
        found = rows(_POST, [*self._columns(), actor.id, now], prepare=True)
        return [self._answer(one, row) for one, row in zip(self.asked, found, strict=True)]

    def _place(self, account: AccountRef) -> int:
        return self.accounts.setdefault(account, len(self.accounts) + 1)

    def _columns(self) -> list[list[Any]]:
        refs = list(self.accounts)
        asked = [one.move for one in self.asked]
        return [
            [ref.account_class for ref in refs],
            [ref.unit for ref in refs],
            [ref.holder for ref in refs],
            [ref.fund for ref in refs],
            [ref.expires_on for ref in refs],
            [ref.code for ref in refs],
            [move.key for move in asked],
            booking.booked_months(move.key for move in asked),
            [move.kind for move in asked],
            [move.at for move in asked],
            [move.reverses for move in asked],
            [move.ref for move in asked],
            [one.content for one in self.asked],
            *(list(column) for column in zip(*self.transfers, strict=True)),
        ]

    def _answer(self, one: Asked, row: Any) -> Posted:
        key = one.move.key
        if row.outcome == "short":
            account = list(self.accounts)[row.short_account - 1]
            return _refused(one.move, _shortage(account, row.short_had, row.short_wanted))
        if row.outcome == "key_used":
            return _refused(one.move, KeyUsed(key=str(key)))
        return Posted(key=key, outcome=row.outcome)


def _shortage(account: AccountRef, balance: int, wanted: int) -> Refused:
    facts = {"balance": balance, "wanted": wanted, "unit": account.unit}
    if account.account_class == "budget":
        return moves.BudgetUsedUp(**facts)
    return moves.NotEnoughPoints(**facts)
