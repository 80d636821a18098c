"""Giving back, person by person: what was charged, the goodwill on top, each exactly once.

A person's lines are done in one batch, so that they can be told once. Every key is made of the
run and the line, so that a batch that was cut off is done again without anybody getting more.
"""

import datetime as dt
import json
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
    """Give back what waits, and the goodwill; a line that is owed got its charge back before."""
    waiting = [line for line in lines if line.state == "waiting"]
    reversals = [
        Reversal(
            key=_key(run, PAID, line.line),
            of=line.move_key,
            kind=PAID,
            at=run.begun_at,
            amount=line.amount,
            ref=_ref(run),
        )
        for line in waiting
    ]
    answers = _by_line(waiting, reverse_many(reversals=reversals, actor=actor, now=now))
    refused = {line for line, answer in answers.items() if answer.refusal}
    good = [line for line in lines if line.line not in refused]
    goodwill = _give_goodwill(run, good, actor, now)
    _note(run, lines, answers, goodwill, now)
    paid = [line for line in waiting if line.line not in refused]
    given = {line: run.goodwill for line, it in goodwill.items() if not it.refusal}
    return _by_person(paid, [line for line in good if line.line in given], given)


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
    """Take back what was given; who spent the points of a line keeps the goodwill with them."""
    reversals = [_undoing(run, PAID, line.line) for line in lines]
    answers = _by_line(lines, reverse_many(reversals=reversals, actor=actor, now=now))
    undone = [line for line in lines if not answers[line.line].refusal]
    with_goodwill = [line for line in undone if line.goodwill]
    extra = [_undoing(run, GOODWILL, line.holder) for line in with_goodwill]
    goodwill = _by_line(with_goodwill, reverse_many(reversals=extra, actor=actor, now=now))
    _note(run, lines, answers, goodwill, now)
    taken = {line.line: line.goodwill for line in with_goodwill if not goodwill[line.line].refusal}
    return _by_person(undone, with_goodwill, taken)


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


def _by_line(lines: Sequence[Any], answers: Sequence[Posted]) -> dict[int, Posted]:
    return {line.line: answer for line, answer in zip(lines, answers, strict=True)}


def _by_person(
    moved: Iterable[Any], with_goodwill: Iterable[Any], goodwill: Mapping[int, int]
) -> list[Refunded]:
    points: Counter[int] = Counter()
    extra: Counter[int] = Counter()
    for line in moved:
        points[line.holder] += line.amount
    for line in with_goodwill:
        extra[line.holder] += goodwill.get(line.line, 0)
    return [
        Refunded(holder=holder, points=points[holder], goodwill=extra[holder])
        for holder in dict.fromkeys([*points, *extra])
        if points[holder] or extra[holder]
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
SELECT l.run_id, l.line, l.move_key, l.holder, l.amount, l.goodwill, l.state,
       EXISTS (SELECT FROM ledger_refund_line g WHERE g.run_id = l.run_id
               AND g.holder = l.holder AND g.goodwill > 0) AS has_goodwill
FROM ledger_refund_line l
WHERE l.run_id = %(run)s AND l.state = ANY (%(states)s::text[]) AND l.holder IN (
    SELECT DISTINCT n.holder FROM ledger_refund_line n
    WHERE n.run_id = %(run)s AND n.state = ANY (%(states)s::text[])
    ORDER BY n.holder LIMIT %(people)s)
ORDER BY l.holder, l.line
"""


def _next_lines(run: Any, people: int) -> list[Any]:
    states = ["done", "short"] if _undoes(run) else ["waiting", "owed"]
    return rows(_NEXT, {"run": run.id, "states": states, "people": people})


def _note(
    run: Any,
    lines: Sequence[Any],
    answers: Mapping[int, Posted],
    goodwill: Mapping[int, Posted],
    now: dt.datetime,
) -> None:
    """Note what became of each line; of goodwill, what the person has of it now."""
    pairs = [(answers.get(line.line), goodwill.get(line.line)) for line in lines]
    why = [_refusal(charge) or _refusal(extra) for charge, extra in pairs]
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
            [_state(run, charge, extra) for charge, extra in pairs],
            [each.code if each else "" for each in why],
            [json.dumps(each.facts if each else {}) for each in why],
            [_goodwill_now(run, line, goodwill.get(line.line)) for line in lines],
            run.id,
        ],
    )


def _state(run: Any, charge: Posted | None, goodwill: Posted | None) -> str:
    if _undoes(run):
        return "kept" if _refusal(charge) else "undone"
    if _refusal(charge):
        return "refused"
    return "short" if _refusal(goodwill) else "done"


def _refusal(answer: Posted | None) -> Refused | None:
    return answer.refusal if answer else None


def _goodwill_now(run: Any, line: Any, answer: Posted | None) -> int:
    if answer is None or answer.refusal:
        return int(line.goodwill)
    return 0 if _undoes(run) else int(run.goodwill)


def _finish(run: Any, now: dt.datetime) -> None:
    execute(
        "UPDATE ledger_refund_run SET state = %s, ended_at = %s WHERE id = %s",
        ["undone" if _undoes(run) else "done", now, run.id],
    )
