"""A batch of moves as columns: no Python object a move, for files and runs of millions."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import compress, repeat
from typing import Any

from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.ledger import booking
from citycard.ledger.accounts import AccountClass
from citycard.ledger.batches import Batch, Pots, run, run_one
from citycard.ledger.moves import LARGEST


class Outcome(IntEnum):
    """What became of a row."""

    POSTED = 0
    DUPLICATE = 1
    KEY_USED = 2
    SHORT = 3
    KEY_TIME_WRONG = 4
    AMOUNT_WRONG = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountColumns:
    """The accounts on one side of many moves; a single value stands for all rows.

    The fields are those of an ``AccountRef``.
    """

    account_class: AccountClass | Sequence[AccountClass]
    unit: str | Sequence[str]
    holder: Sequence[int | None] | None = None
    fund: Sequence[int | None] | int | None = None
    expires_on: Sequence[dt.date | None] | dt.date | None = None
    code: Sequence[str | None] | str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MoveColumns:
    """Moves of one transfer each, row by row in parallel lists; a single ``kind`` or ``ref`` stands
    for all rows.

    The fields are those of a ``Move``, and a row is the same move as a ``Move`` that says the same.
    """

    key: Sequence[uuid.UUID]
    at: Sequence[dt.datetime]
    source: AccountColumns
    target: AccountColumns
    amount: Sequence[int]
    kind: Sequence[str] | str
    ref: Sequence[str] | str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnsPosted:
    """What became of each row.

    :ivar outcomes: an ``Outcome`` a row
    :ivar had: row → what there was, for rows that were not covered
    """

    outcomes: Sequence[int]
    had: Mapping[int, int]


def move_columns(*, columns: MoveColumns, actor: Actor, now: dt.datetime) -> ColumnsPosted:
    """Post moves given as columns, in order, each whole or not at all; see ``move_many``.

    :returns: outcomes by row
    """
    require_unit_of_work()
    batch = _batch(columns)
    outcomes = _wrong(columns, batch, now)
    if outcomes is None and len(batch.key) == 1 and run_one(batch, actor, now):
        return ColumnsPosted(outcomes=[Outcome.POSTED], had={})
    if outcomes is None:
        return _told(run(batch, actor, now)) if batch.key else ColumnsPosted(outcomes=[], had={})
    going = [outcome == Outcome.POSTED for outcome in outcomes]
    if not any(going):
        return ColumnsPosted(outcomes=outcomes, had={})
    answer = _told(run(_those(batch, going), actor, now))
    places = list(compress(range(len(outcomes)), going))
    for place, outcome in zip(places, answer.outcomes, strict=True):
        outcomes[place] = outcome
    return ColumnsPosted(outcomes=outcomes, had={places[n]: had for n, had in answer.had.items()})


def _told(answer: Any) -> ColumnsPosted:
    moves = answer.short_move or ()
    had = {n - 1: had for n, had in zip(moves, answer.short_had or (), strict=True)}
    return ColumnsPosted(outcomes=answer.outcome, had=had)


def _batch(columns: MoveColumns) -> Batch:
    pots = Pots()
    count = len(columns.key)
    source, giver = _side(columns.source, pots, count)
    target, taker = _side(columns.target, pots, count)
    batch = Batch(
        pots=pots,
        key=list(columns.key),
        month=[],
        at=list(columns.at),
        kind=[columns.kind] if isinstance(columns.kind, str) else list(columns.kind),
        ref=[columns.ref] if isinstance(columns.ref, str) else list(columns.ref),
        source=source,
        giver=giver,
        target=target,
        taker=taker,
        amount=list(columns.amount),
    )
    same = (batch.at, source, giver, target, taker, batch.amount)
    assert all(len(column) == count for column in same), "columns differ in length"
    assert {len(batch.kind), len(batch.ref)} <= {1, count}, "columns differ in length"
    if count and columns.source.unit == columns.target.unit:
        batch.month = booking.own_months(batch.key)
    return batch


def _side(side: AccountColumns, pots: Pots, count: int) -> tuple[list[int], list[int | None]]:
    """Return each row's pot by place, and its holder."""
    holders: list[int | None] = [None] * count if side.holder is None else list(side.holder)
    named = (side.account_class, side.unit, side.fund, side.expires_on, side.code)
    many = [isinstance(value, Sequence) and type(value) is not str for value in named]
    if not any(many):
        return [pots.place(named)] * count, holders  # type: ignore[arg-type]  # no lists among them
    each = [
        value if is_list else repeat(value, count)
        for value, is_list in zip(named, many, strict=True)
    ]
    return pots.place_all(zip(*each, strict=True)), holders


def _wrong(columns: MoveColumns, batch: Batch, now: dt.datetime) -> list[int] | None:
    """Return outcomes in which wrong rows are marked; None when there are none."""
    if columns.source.unit != columns.target.unit:
        return [Outcome.AMOUNT_WRONG] * len(batch.key)
    times = booking.wrong_times(batch.key, batch.at, now)
    whole = set(map(type, batch.amount)) <= {int}
    amounts = (
        not whole or min(batch.amount, default=1) <= 0 or max(batch.amount, default=1) > LARGEST
    )
    selves = not set(batch.source).isdisjoint(batch.target)
    if not (times or amounts or selves):
        return None
    return [
        Outcome.KEY_TIME_WRONG if n in times
        else Outcome.AMOUNT_WRONG
        if type(amount) is not int or not 0 < amount <= LARGEST or f == t
        else Outcome.POSTED
        for n, (amount, f, t) in enumerate(zip(
            batch.amount,
            zip(batch.source, batch.giver, strict=True),
            zip(batch.target, batch.taker, strict=True),
            strict=True,
        ))
    ]  # fmt: skip


def _those(batch: Batch, going: Sequence[bool]) -> Batch:
    """Return some rows of a batch."""

    def some(column: list[Any]) -> list[Any]:
        return list(compress(column, going)) if len(column) == len(going) else column

    return Batch(
        pots=batch.pots,
        key=some(batch.key),
        month=some(batch.month),
        at=some(batch.at),
        kind=some(batch.kind),
        ref=some(batch.ref),
        source=some(batch.source),
        giver=some(batch.giver),
        target=some(batch.target),
        taker=some(batch.taker),
        amount=some(batch.amount),
    )
