"""Refund runs: what is to be given back to whom, and how far it got."""

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from citycard.infra.database import execute, rows, scalar
from citycard.infra.packs import Text
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound, Refused
from citycard.ledger.funding import fund_of, lease_budgets
from citycard.ledger.moves import BudgetUsedUp
from citycard.ledger.refund_checking import OtherUnit, RefundLine

RunState = Literal["draft", "dropped", "running", "done", "undoing", "undone"]
LineState = Literal["waiting", "done", "refused", "short", "owed", "undone", "kept"]


class RefundIncomplete(Refused):
    """{lines} lines of the list can't be given back; mend the list first."""

    code = "ledger.refund_incomplete"


class RefundNotNow(Refused):
    """This run is {state}; that can't be done with it now."""

    code = "ledger.refund_not_now"


@dataclass(frozen=True, kw_only=True)
class NewRefundRun:
    """What a run gives back, and why.

    :ivar why: what each person is told: one sentence, nothing of a person
    :ivar goodwill: points that each person gets on top, once
    :ivar goodwill_fund: which fund pays them; None without goodwill
    :ivar charged_fund: stands in for what was charged outside of these books: whoever begins the
        run posts its charges from this fund first, under the lines' keys
    """

    agency: str
    why: Text
    lines: Sequence[RefundLine]
    goodwill: int = 0
    goodwill_fund: int | None = None
    charged_fund: int | None = None
    file_name: str = ""


@dataclass(frozen=True, kw_only=True)
class RefundRun:
    """A run and how far it got.

    :ivar counts: lines by state
    :ivar points: what the list gives back in all; ``given`` what people have got so far
    """

    id: int
    unit: str
    agency: str
    why: Text
    goodwill: int
    goodwill_fund: int | None
    charged_fund: int | None
    file_name: str
    content_hash: str
    state: RunState
    made_at: dt.datetime
    made_by: str
    begun_at: dt.datetime | None
    ended_at: dt.datetime | None
    lines: int
    people: int
    points: int
    given: int
    goodwill_given: int
    counts: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class RefundResult:
    """A line of a run; whose it is isn't told.

    :ivar why: the code of the refusal, with its facts
    """

    line: int
    reference: str
    amount: int
    goodwill: int
    state: LineState
    why: str
    facts: dict[str, Any]


def draft_refund_run(*, run: NewRefundRun, actor: Actor, now: dt.datetime) -> int:
    """Keep a checked list as a run that waits for its release, whole or not at all.

    :returns: the run's number
    :raises RefundIncomplete: a line of it can't be given back, or it has none
    :raises NotFound: there is no such fund
    :raises OtherUnit: a fund is of another unit
    """
    require_unit_of_work()
    bad = sum(1 for line in run.lines if line.refusal is not None)
    if bad or not run.lines:
        raise RefundIncomplete(lines=bad)
    unit = run.lines[0].unit
    for fund in (run.goodwill_fund, run.charged_fund):
        if fund is not None and fund_of(fund_id=fund).unit != unit:
            raise OtherUnit(first=run.lines[0].line)
    run_id = int(
        scalar(
            """
            INSERT INTO ledger_refund_run (unit, agency, why_zh, why_en, goodwill, goodwill_fund,
                                           charged_fund, file_name, content_hash, made_at, made_by)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id
            """,
            [unit, run.agency, run.why.zh, run.why.en, run.goodwill, run.goodwill_fund,
             run.charged_fund, run.file_name, content_hash_of(run), now, actor.id],
        )
    )  # fmt: skip
    _keep_lines(run_id, run.lines)
    return run_id


def content_hash_of(run: NewRefundRun) -> str:
    """Return what a second officer releases: exactly these lines, this goodwill, these funds."""
    lines = [f"{line.key} {line.amount}" for line in run.lines]
    text = "\n".join([f"{run.goodwill} {run.goodwill_fund} {run.charged_fund}", *lines])
    return hashlib.sha256(text.encode()).hexdigest()


def _keep_lines(run_id: int, lines: Sequence[RefundLine]) -> None:
    execute(
        """
        INSERT INTO ledger_refund_line (run_id, line, reference, move_key, holder, amount)
        SELECT %s, l.* FROM unnest(%s::int[], %s::text[], %s::uuid[], %s::bigint[], %s::bigint[])
               AS l(line, reference, key, holder, amount)
        """,
        [
            run_id,
            [line.line for line in lines],
            [line.reference for line in lines],
            [line.key for line in lines],
            [line.holder for line in lines],
            [line.amount for line in lines],
        ],
    )


def begin_refund_run(*, run_id: int, actor: Actor, now: dt.datetime) -> None:
    """Release a run; from now on ``refund_next`` gives back. Also begins again what was refused,
    goodwill among it.

    :raises RefundNotNow: it runs, or was undone
    :raises BudgetUsedUp: the goodwill's fund doesn't cover everybody
    """
    run = _locked(run_id, "draft", "done")
    execute(
        "UPDATE ledger_refund_line SET why = '', facts = '{}',"
        " state = CASE state WHEN 'short' THEN 'owed' ELSE 'waiting' END"
        " WHERE run_id = %s AND state IN ('refused', 'short')",
        [run_id],
    )
    if run.goodwill_fund is not None:
        wanted = run.goodwill * run.people - run.goodwill_given
        left = lease_budgets(wanted={run.goodwill_fund: wanted})[run.goodwill_fund]
        if left < wanted:
            raise BudgetUsedUp(balance=left, wanted=wanted, unit=run.unit)
    execute(
        "UPDATE ledger_refund_run SET state = 'running', attempt = attempt + 1, ended_at = NULL,"
        " begun_at = coalesce(begun_at, %s), begun_by = coalesce(begun_by, %s) WHERE id = %s",
        [now, actor.id, run_id],
    )


def drop_refund_run(*, run_id: int, now: dt.datetime) -> None:
    """End a run that was never begun.

    :raises RefundNotNow: it was begun, or dropped before
    """
    _locked(run_id, "draft")
    execute(
        "UPDATE ledger_refund_run SET state = 'dropped', ended_at = %s WHERE id = %s", [now, run_id]
    )


def undo_refund_run(*, run_id: int, why: Text, actor: Actor, now: dt.datetime) -> None:
    """Begin to take back what a finished run gave; ``refund_next`` does it.

    :param why: what each person is told
    :raises RefundNotNow: it has not finished
    """
    _locked(run_id, "done")
    execute(
        "UPDATE ledger_refund_run SET state = 'undoing', attempt = attempt + 1, ended_at = NULL,"
        " undone_at = %s, undone_by = %s, undone_why_zh = %s, undone_why_en = %s WHERE id = %s",
        [now, actor.id, why.zh, why.en, run_id],
    )


def _locked(run_id: int, *states: RunState) -> RefundRun:
    require_unit_of_work()
    execute("SELECT 1 FROM ledger_refund_run WHERE id = %s FOR UPDATE", [run_id])
    run = refund_run(run_id=run_id)
    if run.state not in states:
        raise RefundNotNow(state=run.state)
    return run


_RUNS = """
SELECT r.id, r.unit, r.agency, r.why_zh, r.why_en, r.goodwill, r.goodwill_fund,
       r.charged_fund, r.file_name, r.content_hash, r.state, r.made_at, r.made_by, r.begun_at,
       r.ended_at, l.*
FROM ledger_refund_run r
CROSS JOIN LATERAL (
    SELECT count(*) AS lines, count(DISTINCT holder) AS people, sum(amount)::bigint AS points,
           coalesce(sum(amount) FILTER (WHERE state NOT IN ('waiting', 'refused', 'undone')),
                    0)::bigint AS given,
           coalesce(sum(goodwill), 0)::bigint AS goodwill_given,
           count(*) FILTER (WHERE state = 'waiting') AS waiting,
           count(*) FILTER (WHERE state = 'done') AS done,
           count(*) FILTER (WHERE state = 'refused') AS refused,
           count(*) FILTER (WHERE state = 'short') AS short,
           count(*) FILTER (WHERE state = 'owed') AS owed,
           count(*) FILTER (WHERE state = 'undone') AS undone,
           count(*) FILTER (WHERE state = 'kept') AS kept
    FROM ledger_refund_line WHERE run_id = r.id) l
"""
_STATES: tuple[LineState, ...] = ("waiting", "done", "refused", "short", "owed", "undone", "kept")


def refund_run(*, run_id: int) -> RefundRun:
    """Return a run.

    :raises NotFound: there is none of this number
    """
    found = rows(_RUNS + " WHERE r.id = %s", [run_id])
    if not found:
        raise NotFound(what="refund run")
    return _run(found[0])


def refund_runs(*, agency: str | None = None, limit: int = 50) -> list[RefundRun]:
    """Return runs (of one agency), newest first."""
    found = rows(
        _RUNS + " WHERE %s::text IS NULL OR r.agency = %s ORDER BY r.id DESC LIMIT %s",
        [agency, agency, limit],
    )
    return [_run(row) for row in found]


def open_refund_runs() -> list[int]:
    """Return the numbers of the runs that have something to do, oldest first."""
    found = rows(
        "SELECT id FROM ledger_refund_run WHERE state IN ('running', 'undoing') ORDER BY id"
    )
    return [row.id for row in found]


def refund_results(
    *, run_id: int, state: LineState | None = None, limit: int = 200, after: int = 0
) -> list[RefundResult]:
    """Return a run's lines (of one state) in their order, with what became of each."""
    found = rows(
        """
        SELECT line, reference, amount, goodwill, state, why, facts::text AS facts
        FROM ledger_refund_line
        WHERE run_id = %s AND line > %s AND (%s::text IS NULL OR state = %s)
        ORDER BY line LIMIT %s
        """,
        [run_id, after, state, state, limit],
    )
    return [RefundResult(**row._asdict() | {"facts": json.loads(row.facts)}) for row in found]


def _run(row: Any) -> RefundRun:
    about = row._asdict()
    why = Text(zh=about.pop("why_zh"), en=about.pop("why_en"))
    counts: dict[str, int] = {state: about.pop(state) for state in _STATES}
    return RefundRun(**about, why=why, counts=counts)
