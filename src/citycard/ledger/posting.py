"""Posting moves: the ledger's one writer, set-based; a single move is a batch of one."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.ledger import booking
from citycard.ledger.accounts import AccountRef
from citycard.ledger.batches import Batch, Pots, pot_of, run, run_one
from citycard.ledger.moves import (
    LARGEST,
    AmountWrong,
    BudgetUsedUp,
    KeyUsed,
    Move,
    NotEnoughPoints,
    Posted,
    Transfer,
)


def move_many(*, moves: Sequence[Move], actor: Actor, now: dt.datetime) -> list[Posted]:
    """Post moves in order, each whole or not at all; a refused one leaves the rest as they are.

    The same key with the same content is answered ``duplicate`` and changes nothing. Balances are
    locked budgets first, then people's accounts, each by number, until the unit of work ends.

    :returns: one answer a move, in order
    """
    require_unit_of_work()
    return post([Asked(move=move) for move in moves], actor=actor, now=now)


@dataclass(frozen=True, slots=True)
class Asked:
    """A move, with the hash of what was asked for where that is less than the move says."""

    move: Move
    content: uuid.UUID | None = None


def post(asked: Sequence[Asked], *, actor: Actor, now: dt.datetime) -> list[Posted]:
    """Post moves, some of which stand for something asked; see ``move_many``."""
    answers: list[Posted | None] = [_refused_before(one.move, now) for one in asked]
    going = [one for one, answer in zip(asked, answers, strict=True) if answer is None]
    posted = iter(_posted(going, actor, now) if going else ())
    return [answer or next(posted) for answer in answers]


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


def _posted(asked: Sequence[Asked], actor: Actor, now: dt.datetime) -> list[Posted]:
    transfers = [transfer for one in asked for transfer in one.move.transfers]
    batch = _batch([one.move for one in asked], asked, transfers)
    if len(asked) == len(transfers) == 1 and run_one(batch, actor, now):
        return [Posted(key=asked[0].move.key, outcome="posted")]
    answer = run(batch, actor, now)
    short = {
        move: _shortage(transfers[transfer - 1].source, had, wanted)
        for move, transfer, had, wanted in zip(
            answer.short_move or (),
            answer.short_transfer or (),
            answer.short_had or (),
            answer.short_wanted or (),
            strict=True,
        )
    }
    return [
        _answer(one.move.key, outcome, short.get(n))
        for n, (one, outcome) in enumerate(zip(asked, answer.outcome, strict=True), 1)
    ]


def _batch(moves: Sequence[Move], asked: Sequence[Asked], transfers: Sequence[Transfer]) -> Batch:
    pots = Pots()
    single = len(transfers) == len(moves)
    return Batch(
        pots=pots,
        key=[move.key for move in moves],
        month=booking.own_months([move.key for move in moves]),
        at=[move.at for move in moves],
        kind=[move.kind for move in moves],
        ref=[move.ref for move in moves],
        reverses=_unless_all_none([move.reverses for move in moves]),
        content=_unless_all_none([one.content for one in asked]),
        move=[] if single else [n for n, move in enumerate(moves, 1) for _ in move.transfers],
        source=pots.place_all(pot_of(one.source) for one in transfers),
        giver=[one.source.holder for one in transfers],
        target=pots.place_all(pot_of(one.target) for one in transfers),
        taker=[one.target.holder for one in transfers],
        amount=[one.amount for one in transfers],
    )


def _unless_all_none(column: list[Any]) -> list[Any]:
    return [] if all(value is None for value in column) else column


def _answer(key: uuid.UUID, outcome: int, shortage: Refused | None) -> Posted:
    if outcome == 3:
        return Posted(key=key, outcome="refused", refusal=shortage)
    if outcome == 2:
        return Posted(key=key, outcome="refused", refusal=KeyUsed(key=str(key)))
    return Posted(key=key, outcome="duplicate" if outcome else "posted")


def _shortage(account: AccountRef, balance: int, wanted: int) -> Refused:
    refusal = BudgetUsedUp if account.account_class == "budget" else NotEnoughPoints
    return refusal(balance=balance, wanted=wanted, unit=account.unit)
