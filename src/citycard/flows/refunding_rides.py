"""Giving back what devices charged too much for rides: differences become a refund run.

The stored value was taken by the operator, outside of these books. So what was taken too much is
first noted in them: a fund that stands in for it gives the points, and they stand with the operator
as if the person had paid them. The run then gives exactly these back. All of it happens when a
second officer has released the run; until then the differences wait with it, and a run that is
sent back puts them into the queue again.
"""

import datetime as dt
import uuid
from collections.abc import Sequence

from citycard.fares import api as fares
from citycard.infra.clock import city_time
from citycard.infra.packs import Text
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger

NOTED, CHARGED = "fares.overcharge.noted", "fares.overcharge.charged"
TAKEN_BACK = "fares.overcharge.taken_back"
_DOLLAR = 1_000_000


class NothingToRefund(Refused):
    """None of these differences is one in which a member was charged too much."""

    code = "riding.nothing_to_refund"


class NotADollarAPoint(Refused):
    """A point of this fund is not worth a dollar; please choose another fund."""

    code = "riding.not_a_dollar_a_point"


def refundable(found: Sequence[fares.OpenDifference]) -> list[fares.OpenDifference]:
    """Return those of some differences in which a member was charged at least a dollar too much."""
    return [one for one in found if one.rider > 0 and one.amount_micro <= -_DOLLAR]


def may_pay(funds: Sequence[ledger.FundLeft], on: dt.date) -> list[ledger.FundLeft]:
    """Return those of some funds whose points stand for as many dollars on a local day."""
    units = ledger.dollar_units(on=on)
    return [fund for fund in funds if fund.unit in units]


def draft(
    *,
    ids: Sequence[int],
    fund_id: int,
    why: Text,
    named: str = "",
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Make a refund run of differences, which wait with it; nothing is posted. Returns its number.

    :param fund_id: the fund whose points will be given
    :param named: what the run stands with, such as ``dispute:7``
    :raises NothingToRefund: nobody was charged too much in these
    :raises NotADollarAPoint: the fund's points stand for something else than dollars
    :raises NotFound: there is no such fund
    :raises fares.DifferenceEnded: one of them is no longer open
    """
    require_unit_of_work()
    found = refundable(fares.differences(ids=ids, limit=len(ids)))
    if not found:
        raise NothingToRefund()
    fund = ledger.fund_of(fund_id=fund_id)
    if fund.unit not in ledger.dollar_units(on=city_time().day(now)):
        raise NotADollarAPoint()
    run = ledger.draft_refund_run(
        run=ledger.NewRefundRun(
            agency=actor.agency or "",
            why=why,
            lines=[_line(n, one, fund.unit, now) for n, one in enumerate(found, 1)],
            charged_fund=fund.id,
            file_name=named,
        ),
        actor=actor,
        now=now,
    )
    fares.put_on_refund_run(ids=[one.id for one in found], run=run, note=why.zh, actor=actor)
    return run


def charge(*, run: ledger.RefundRun, actor: Actor, now: dt.datetime) -> None:
    """Post what each person of a run paid too much as a charge of points, and end the differences.

    :raises fares.RefundOutdated: a later decision took some of the differences away
    :raises ledger.BudgetUsedUp: the fund can't give so much
    """
    require_unit_of_work()
    assert run.charged_fund is not None, "this run is not of rides"
    fund = ledger.fund_of(fund_id=run.charged_fund)
    found = _on(run)
    fares.end_by_refund_run(run=run.id, count=run.lines, now=now)
    last = lasts(fund, now)
    _post([move for one in found for move in _charge(one, fund, last, run.made_at)], actor, now)


def reopen(*, run: ledger.RefundRun, actor: Actor, now: dt.datetime) -> None:
    """Put the differences of a run that was sent back into the queue again."""
    fares.take_off_refund_run(run=run.id, actor=actor, now=now)


def take_back(*, run: ledger.RefundRun, actor: Actor, now: dt.datetime) -> None:
    """Take back the charges of what a run has undone, and put these differences into the queue
    again. What people have spent stays as it is.
    """
    require_unit_of_work()
    assert run.charged_fund is not None, "this run is not of rides"
    fund = ledger.fund_of(fund_id=run.charged_fund)
    undone = {
        line.reference
        for line in ledger.refund_results(run_id=run.id, state="undone", limit=run.lines)
    }
    found = [one for one in _on(run) if _ref(one) in undone]
    last = lasts(fund, now)
    _post([_taken_back(one, fund, last, now) for one in found], actor, now)
    fares.take_off_refund_run(run=run.id, ids=[one.id for one in found], actor=actor, now=now)


def lasts(fund: ledger.Fund, now: dt.datetime) -> dt.date | None:
    """Return the last day of points that a fund gives for rides now, by the city's own day."""
    return ledger.last_day(unit=fund.unit, earned_on=city_time().day(now))


def _on(run: ledger.RefundRun) -> list[fares.OpenDifference]:
    return fares.differences(run=run.id, open_only=False, limit=run.lines)


def _line(
    line: int, one: fares.OpenDifference, unit: str, drafted_at: dt.datetime
) -> ledger.RefundLine:
    return ledger.RefundLine(
        line=line,
        reference=_ref(one),
        key=_charged(one, drafted_at),
        holder=one.rider,
        unit=unit,
        amount=_points(one),
    )


def _ref(one: fares.OpenDifference) -> str:
    return f"difference:{one.id}"


def _points(one: fares.OpenDifference) -> int:
    return -one.amount_micro // _DOLLAR


def _charged(one: fares.OpenDifference, drafted_at: dt.datetime) -> uuid.UUID:
    """Return the key of a charge, which the run's line names before it is posted."""
    return fact_key(drafted_at, CHARGED, one.id)


def _charge(
    one: fares.OpenDifference, fund: ledger.Fund, last: dt.date | None, drafted_at: dt.datetime
) -> list[ledger.Move]:
    """Return what gives a person the points, and what takes them as the device took the money."""
    lot = ledger.member(holder=one.rider, unit=fund.unit, fund=fund.id, expires_on=last)
    source = ledger.budget(fund_id=fund.id, unit=fund.unit)
    into = ledger.partner(code=one.operator, unit=fund.unit)
    given = ledger.Transfer(source=source, target=lot, amount=_points(one))
    paid = ledger.Transfer(source=lot, target=into, amount=_points(one))
    return [
        ledger.Move(
            key=fact_key(drafted_at, NOTED, one.id), kind=NOTED, at=drafted_at,
            transfers=[given], ref=_ref(one),
        ),
        ledger.Move(
            key=_charged(one, drafted_at), kind=CHARGED, at=drafted_at,
            transfers=[paid], ref=_ref(one),
        ),
    ]  # fmt: skip


def _taken_back(
    one: fares.OpenDifference, fund: ledger.Fund, last: dt.date | None, now: dt.datetime
) -> ledger.Move:
    """Return the move from the operator back to the fund, by way of the person's lot."""
    lot = ledger.member(holder=one.rider, unit=fund.unit, fund=fund.id, expires_on=last)
    source = ledger.partner(code=one.operator, unit=fund.unit)
    into = ledger.budget(fund_id=fund.id, unit=fund.unit)
    transfers = [
        ledger.Transfer(source=source, target=lot, amount=_points(one)),
        ledger.Transfer(source=lot, target=into, amount=_points(one)),
    ]
    key = fact_key(now, TAKEN_BACK, one.id)
    return ledger.Move(key=key, kind=TAKEN_BACK, at=now, transfers=transfers, ref=_ref(one))


def _post(moves: Sequence[ledger.Move], actor: Actor, now: dt.datetime) -> None:
    for posted in ledger.move_many(moves=moves, actor=actor, now=now):
        if posted.refusal is not None:
            raise posted.refusal
