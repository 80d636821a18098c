"""Giving back, person by person: what was charged, the goodwill on top, each exactly once.

A person's lines are done in one batch, so that they can be told once. Every key is made of the
run and the line, so that a batch that was cut off is done again without anybody getting more.
"""

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from citycard.infra.database import execute, rows
from citycard.infra.packs import Text, current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.kernel.ids import fact_key
from citycard.ledger.accounts import budget, member
from citycard.ledger.lasting import last_day
from citycard.ledger.moves import Move, Posted, Transfer
from citycard.ledger.posting import move_many
from citycard.ledger.reversing import Reversal, reverse_many

PAID, GOODWILL, UNDONE = "refund.paid", "refund.goodwill", "refund.undone"


@dataclass(frozen=True, kw_only=True, slots=True)
class Refunded:
    """What one person got back in a batch, or had taken back when a run is undone."""

    holder: int
    points: int
    goodwill: int


@dataclass(frozen=True, kw_only=True)
class RefundBatch:
    """What one batch of a run did.

    :ivar undoing: it took back what the run had given
    :ivar attempt: how often the run was begun, for telling people once each time
    :ivar is_last: nothing of the run is left to do
    """

    run_id: int
    unit: str
    why: Text
    undoing: bool
    attempt: int
    people: tuple[Refunded, ...]
    is_last: bool


def refund_next(
    *, run_id: int, now: dt.datetime, actor: Actor, people: int = 200
) -> RefundBatch | None:
    """Do a run's next people; None when it has nothing to do, or somebody else is at it.

    :param people: how many people's lines make a batch
    """
    require_unit_of_work()
    run = _open_run(run_id)
    if run is None:
        return None
    lines = _next_lines(run, people)
    done = _undo(run, lines, actor, now) if _undoes(run) else _pay(run, lines, actor, now)
    is_last = not _next_lines(run, 1)
    if is_last:
        _finish(run, now)
    return RefundBatch(
        run_id=run.id,
        unit=run.unit,
        why=_why_told(run),
        undoing=_undoes(run),
        attempt=run.attempt,
        people=tuple(done),
        is_last=is_last,
    )


def _undoes(run: Any) -> bool:
    return bool(run.state == "undoing")


def _why_told(run: Any) -> Text:
    if _undoes(run):
        return Text(zh=run.undone_why_zh, en=run.undone_why_en)
    return Text(zh=run.why_zh, en=run.why_en)


def _pay(run: Any, lines: Sequence[Any], actor: Actor, now: dt.datetime) -> list[Refunded]:
    reversals = [
        Reversal(
            key=_key(run, PAID, line.line),
            of=line.move_key,
            kind=PAID,
            at=run.begun_at,
            amount=line.amount,
            ref=_ref(run),
        )
        for line in lines
    ]
    answers = reverse_many(reversals=reversals, actor=actor, now=now)
    paid = [line for line, answer in zip(lines, answers, strict=True) if not answer.refusal]
    goodwill = _give_goodwill(run, paid, actor, now)
    _note(run, lines, answers, goodwill, done="done", refused="refused", now=now)
    return _by_person(paid, {line: run.goodwill for line, it in goodwill.items() if not it.refusal})


def _give_goodwill(
    run: Any, paid: Sequence[Any], actor: Actor, now: dt.datetime
) -> dict[int, Posted]:
    """Give each person the goodwill once; returns the answer at the person's first line."""
    if run.goodwill_fund is None:
        return {}
    firsts = {line.holder: line.line for line in reversed(paid) if not line.has_goodwill}
    if not firsts:
        return {}
    moves = [_goodwill(run, holder) for holder in firsts]
    answers = move_many(moves=moves, actor=actor, now=now)
    return dict(zip(firsts.values(), answers, strict=True))


def _goodwill(run: Any, holder: int) -> Move:
    on = current_pack().time.day(run.begun_at)
    lot = member(
        holder=holder,
        unit=run.unit,
        fund=run.goodwill_fund,
        expires_on=last_day(unit=run.unit, earned_on=on),
    )
    source = budget(fund_id=run.goodwill_fund, unit=run.unit)
    return Move(
        key=_key(run, GOODWILL, holder),
        kind=GOODWILL,
        at=run.begun_at,
        transfers=[Transfer(source=source, target=lot, amount=run.goodwill)],
        ref=_ref(run),
    )


def _undo(run: Any, lines: Sequence[Any], actor: Actor, now: dt.datetime) -> list[Refunded]:
    answers = reverse_many(
        reversals=[_undoing(run, PAID, line.line) for line in lines], actor=actor, now=now
    )
    with_goodwill = [line for line in lines if line.goodwill]
    back = reverse_many(
        reversals=[_undoing(run, GOODWILL, line.holder) for line in with_goodwill],
        actor=actor,
        now=now,
    )
    goodwill = {line.line: answer for line, answer in zip(with_goodwill, back, strict=True)}
    _note(run, lines, answers, goodwill, done="undone", refused="kept", now=now)
    undone = [line for line, answer in zip(lines, answers, strict=True) if not answer.refusal]
    taken = {line.line: line.goodwill for line in with_goodwill if not goodwill[line.line].refusal}
    return _by_person(undone, taken)


def _undoing(run: Any, what: str, about: int) -> Reversal:
    return Reversal(
        key=fact_key(run.undone_at, UNDONE, what, run.id, about),
        of=_key(run, what, about),
        kind=UNDONE,
        at=run.undone_at,
        ref=_ref(run),
    )


def _key(run: Any, what: str, about: int) -> uuid.UUID:
    return fact_key(run.begun_at, what, run.id, about)


def _ref(run: Any) -> str:
    return f"refund:{run.id}"


def _by_person(lines: Iterable[Any], goodwill: dict[int, int]) -> list[Refunded]:
    points: dict[int, int] = {}
    extra: dict[int, int] = {}
    for line in lines:
        points[line.holder] = points.get(line.holder, 0) + line.amount
        extra[line.holder] = extra.get(line.holder, 0) + goodwill.get(line.line, 0)
    return [
        Refunded(holder=holder, points=points[holder], goodwill=extra[holder]) for holder in points
    ]


def _open_run(run_id: int) -> Any | None:
    found = rows(
        "SELECT id, unit, why_zh, why_en, undone_why_zh, undone_why_en, goodwill, goodwill_fund,"
        " state, attempt, begun_at, undone_at FROM ledger_refund_run"
        " WHERE id = %s AND state IN ('running', 'undoing') FOR UPDATE SKIP LOCKED",
        [run_id],
    )
    return found[0] if found else None


_NEXT = """
SELECT l.run_id, l.line, l.move_key, l.holder, l.amount, l.goodwill,
       EXISTS (SELECT FROM ledger_refund_line g WHERE g.run_id = l.run_id
               AND g.holder = l.holder AND g.goodwill > 0) AS has_goodwill
FROM ledger_refund_line l
WHERE l.run_id = %(run)s AND l.state = %(state)s AND l.holder IN (
    SELECT DISTINCT n.holder FROM ledger_refund_line n
    WHERE n.run_id = %(run)s AND n.state = %(state)s ORDER BY n.holder LIMIT %(people)s)
ORDER BY l.holder, l.line
"""


def _next_lines(run: Any, people: int) -> list[Any]:
    state = "done" if _undoes(run) else "waiting"
    return rows(_NEXT, {"run": run.id, "state": state, "people": people})


def _note(
    run: Any,
    lines: Sequence[Any],
    answers: Sequence[Posted],
    goodwill: dict[int, Posted],
    *,
    done: str,
    refused: str,
    now: dt.datetime,
) -> None:
    """Note what became of each line; of goodwill, what the person has of it now."""
    why = [_why(answer.refusal, goodwill.get(line.line)) for line, answer in _pairs(lines, answers)]
    execute(
        """
        UPDATE ledger_refund_line l
        SET state = n.state, why = n.why, facts = n.facts::jsonb, goodwill = n.goodwill, at = %s
        FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::bigint[])
             AS n(line, state, why, facts, goodwill)
        WHERE l.run_id = %s AND l.line = n.line
        """,
        [
            now,
            [line.line for line in lines],
            [refused if answer.refusal else done for answer in answers],
            [each.code if each else "" for each in why],
            [json.dumps(each.facts if each else {}) for each in why],
            [_goodwill_now(run, line, goodwill.get(line.line)) for line in lines],
            run.id,
        ],
    )


def _pairs(lines: Sequence[Any], answers: Sequence[Posted]) -> Iterable[tuple[Any, Posted]]:
    return zip(lines, answers, strict=True)


def _why(refusal: Refused | None, goodwill: Posted | None) -> Refused | None:
    return refusal or (goodwill.refusal if goodwill else None)


def _goodwill_now(run: Any, line: Any, answer: Posted | None) -> int:
    if answer is None or answer.refusal:
        return int(line.goodwill)
    return 0 if _undoes(run) else int(run.goodwill)


def _finish(run: Any, now: dt.datetime) -> None:
    execute(
        "UPDATE ledger_refund_run SET state = %s, ended_at = %s WHERE id = %s",
        ["undone" if _undoes(run) else "done", now, run.id],
    )
