"""Closing a month: begun with the month itself, frozen in one pass, done when its papers are kept.

Each step is a unit of work of its own and may be asked again: what was done is not done twice. A
frozen closing never changes; a month that was opened again gets a new version beside the old one.
"""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from citycard.infra.database import execute, row, rows, scalar
from citycard.infra.journal import announce
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound, Refused
from citycard.kernel.periods import next_month
from citycard.ledger import clearing
from citycard.ledger.carrying_over import return_unspent
from citycard.ledger.clearing import FundLine, LotSum, Position, Standing
from citycard.ledger.events import MonthReopened, MonthWasClosed
from citycard.ledger.funding import Fund, every_fund
from citycard.ledger.month_sums import MonthSum, month_sums
from citycard.ledger.months import MonthNotOver, close_month, months, reopen_month


class EarlierMonthOpen(Refused):
    """The month {month} is open; close it first."""

    code = "ledger.earlier_month_open"


class LaterMonthClosed(Refused):
    """The month {month} is closed; open it first."""

    code = "ledger.later_month_closed"


class ClosingUnfinished(Refused):
    """The closing of {month} is still under way."""

    code = "ledger.closing_unfinished"


@dataclass(frozen=True, kw_only=True)
class Closing:
    """A closing of a booking month.

    :ivar version: 1, or more for a month that was opened again
    :ivar state: ``begun``, ``frozen`` (figures stand), ``done`` (papers are kept)
    :ivar reopened_at: when the month was opened again, which made this version a superseded one
    """

    closing_id: int
    month: dt.date
    version: int
    state: Literal["begun", "frozen", "done"]
    made_by: str
    approved_by: str
    reason: str
    begun_at: dt.datetime
    frozen_at: dt.datetime | None
    done_at: dt.datetime | None
    reopened_at: dt.datetime | None
    reopened_why: str


_CLOSING = """
SELECT id AS closing_id, month, version, state, made_by, approved_by, reason, begun_at, frozen_at,
       done_at, reopened_at, reopened_why
FROM ledger_closing
"""


def begin_closing(
    *, month: dt.date, made_by: str, reason: str, actor: Actor, now: dt.datetime
) -> int:
    """Close a booking month and begin its closing; months close in order.

    At the end of a fiscal year unspent budgets go back first, where the pack says so.

    :param made_by: the id of the officer who proposed it; ``actor`` approved
    :returns: the closing's number
    :raises EarlierMonthOpen: something is booked in an earlier month that is open
    :raises MonthNotOver, MonthClosed: see ``close_month``
    """
    require_unit_of_work()
    month = month.replace(day=1)
    open_before = [it.month for it in months() if it.month < month and it.state == "open"]
    if open_before:
        raise EarlierMonthOpen(month=f"{open_before[0]:%Y-%m}")
    if now < current_pack().time.midnight(next_month(month)):
        raise MonthNotOver(month=f"{month:%Y-%m}")
    return_unspent(month=month, actor=actor, now=now)
    close_month(month=month, actor=actor, now=now)
    return int(
        scalar(
            "INSERT INTO ledger_closing (month, version, made_by, approved_by, reason, begun_at)"
            " SELECT %(month)s, coalesce(max(version), 0) + 1, %(made)s, %(approved)s, %(reason)s,"
            " %(now)s FROM ledger_closing WHERE month = %(month)s RETURNING id",
            {
                "month": month,
                "made": made_by,
                "approved": actor.id,
                "reason": reason,
                "now": now,
            },
        )
    )


def freeze_closing(*, closing_id: int, now: dt.datetime) -> None:
    """Work out a begun closing's positions, statements and standings and keep them; a frozen one
    is left as it is.

    :raises NotFound: there is none of this number
    """
    require_unit_of_work()
    execute("SELECT 1 FROM ledger_closing WHERE id = %s FOR UPDATE", [closing_id])
    found = closing(closing_id=closing_id)
    if found.state != "begun":
        return
    before = standings_before(found.month)
    sums = month_sums(found.month)
    funds = every_fund()
    _keep_positions(closing_id, _positions(sums, funds))
    _keep_lines(closing_id, clearing.fund_lines_of(sums, before, funds))
    _keep_standings(closing_id, clearing.standings_after(before, sums))
    _keep_lots(closing_id, clearing.lot_sums_of(sums))
    execute(
        "UPDATE ledger_closing SET state = 'frozen', frozen_at = %s WHERE id = %s",
        [now, closing_id],
    )


def finish_closing(*, closing_id: int, now: dt.datetime) -> None:
    """Note that a frozen closing's papers are kept; done once. Announces ``ledger.month.closed``.

    :raises ClosingUnfinished: it is not frozen
    """
    require_unit_of_work()
    found = closing(closing_id=closing_id)
    if found.state == "begun":
        raise ClosingUnfinished(month=f"{found.month:%Y-%m}")
    changed = execute(
        "UPDATE ledger_closing SET state = 'done', done_at = %s WHERE id = %s AND state = 'frozen'",
        [now, closing_id],
    )
    if changed:
        announce(MonthWasClosed(month=found.month, version=found.version))


def reopen_closed(*, month: dt.date, reason: str, actor: Actor, now: dt.datetime) -> None:
    """Open the last closed month again; its closing stays as a superseded version.

    Announces ``ledger.month.reopened``.

    :raises LaterMonthClosed: a later one is closed
    :raises ClosingUnfinished: its closing is still under way
    :raises MonthOpen: it is not closed
    """
    require_unit_of_work()
    month = month.replace(day=1)
    later = [it.month for it in months() if it.month > month and it.state == "closed"]
    if later:
        raise LaterMonthClosed(month=f"{later[-1]:%Y-%m}")
    last = closing_of(month=month)
    if last is not None and last.state != "done":
        raise ClosingUnfinished(month=f"{month:%Y-%m}")
    reopen_month(month=month, actor=actor, now=now)
    execute(
        "UPDATE ledger_closing SET reopened_at = %s, reopened_why = %s"
        " WHERE month = %s AND reopened_at IS NULL",
        [now, reason, month],
    )
    announce(MonthReopened(month=month))


def closing(*, closing_id: int) -> Closing:
    """Return a closing.

    :raises NotFound: there is none of this number
    """
    found = row(_CLOSING + " WHERE id = %s", [closing_id])
    if found is None:
        raise NotFound(what="closing")
    return Closing(**found._asdict())


def closings(*, month: dt.date | None = None) -> list[Closing]:
    """Return closings (of one month), newest first."""
    found = rows(
        _CLOSING + " WHERE %(month)s::date IS NULL OR month = %(month)s"
        " ORDER BY month DESC, version DESC",
        {"month": month},
    )
    return [Closing(**one._asdict()) for one in found]


def closing_of(*, month: dt.date) -> Closing | None:
    """Return the closing that stands for a month; None for one that is open."""
    found = [it for it in closings(month=month.replace(day=1)) if it.reopened_at is None]
    return found[0] if found else None


def standings_before(month: dt.date) -> list[Standing]:
    """Return what stood on each kind of account when a month began: from the last frozen closing
    before it, and the months after that."""
    last = row(
        "SELECT id, month FROM ledger_closing WHERE month < %s AND state <> 'begun'"
        " AND reopened_at IS NULL ORDER BY month DESC LIMIT 1",
        [month],
    )
    standings = frozen_standings(last.id) if last else []
    for between in months():
        if between.month < month and (last is None or between.month > last.month):
            standings = clearing.standings_after(standings, month_sums(between.month))
    return standings


def frozen_standings(closing_id: int) -> list[Standing]:
    """Return what stood on each kind of account when a month was closed."""
    found = rows(
        "SELECT class AS account_class, unit, code, fund, amount FROM ledger_closing_standing"
        " WHERE closing_id = %s ORDER BY unit, class, code, fund",
        [closing_id],
    )
    return [Standing(**one._asdict()) for one in found]


def _positions(sums: Iterable[MonthSum], funds: dict[int, Fund]) -> list[Position]:
    operator = str(current_pack().table("pack")["operator"])
    return clearing.positions_of(sums, funds, operator=operator)


def _keep_positions(closing_id: int, found: Sequence[Position]) -> None:
    _insert(
        "INSERT INTO ledger_closing_position"
        " SELECT %s, p.* FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[],"
        " %s::bigint[], %s::bigint[], %s::bigint[])"
        " AS p(debtor, creditor, fund, unit, amount, late, worth)",
        closing_id,
        [
            (it.debtor, it.creditor, it.fund or 0, it.unit, it.amount, it.late, it.worth)
            for it in found
        ],
    )


def _keep_lines(closing_id: int, found: Sequence[FundLine]) -> None:
    _insert(
        "INSERT INTO ledger_closing_line"
        " SELECT %s, l.fund, l.opening, l.closing, l.changes::jsonb, l.late::jsonb,"
        " l.redeemed::jsonb FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[],"
        " %s::text[], %s::text[]) AS l(fund, opening, closing, changes, late, redeemed)",
        closing_id,
        [
            (
                it.fund,
                it.opening,
                it.closing,
                json.dumps(it.changes),
                json.dumps(it.late),
                json.dumps(it.redeemed),
            )
            for it in found
        ],
    )


def _keep_standings(closing_id: int, found: Sequence[Standing]) -> None:
    _insert(
        "INSERT INTO ledger_closing_standing"
        " SELECT %s, s.* FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[],"
        " %s::bigint[]) AS s(unit, class, code, fund, amount)",
        closing_id,
        [(it.unit, it.account_class, it.code, it.fund, it.amount) for it in found],
    )


def _keep_lots(closing_id: int, found: Sequence[LotSum]) -> None:
    _insert(
        "INSERT INTO ledger_closing_lot"
        " SELECT %s, l.fund, coalesce(l.last_day, 'infinity'), l.issued, l.redeemed, l.lapsed"
        " FROM unnest(%s::bigint[], %s::date[], %s::bigint[], %s::bigint[], %s::bigint[])"
        " AS l(fund, last_day, issued, redeemed, lapsed)",
        closing_id,
        [(it.fund, it.last_day, it.issued, it.redeemed, it.lapsed) for it in found],
    )


def _insert(sql: str, closing_id: int, lines: Sequence[tuple[Any, ...]]) -> None:
    if lines:
        execute(sql, [closing_id, *(list(column) for column in zip(*lines, strict=True))])
