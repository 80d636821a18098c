"""Giving back what devices charged too much for rides: differences become a refund run.

The stored value was taken by the operator, outside of these books. So what was taken too much is
first noted in them: a fund that stands in for it gives the points, and they stand with the operator
as if the person had paid them. The run then gives exactly these back, after a second officer's
word.
"""

import datetime as dt
from collections.abc import Sequence

from citycard.fares import api as fares
from citycard.infra.packs import Text
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger

NOTED, CHARGED = "fares.overcharge.noted", "fares.overcharge.charged"
_DOLLAR = 1_000_000


class NothingToRefund(Refused):
    """None of these differences is one in which a member was charged too much."""

    code = "riding.nothing_to_refund"


def refundable(found: Sequence[fares.OpenDifference]) -> list[fares.OpenDifference]:
    """Return those of some differences in which a member was charged at least a dollar too much."""
    return [one for one in found if one.rider > 0 and one.amount_micro <= -_DOLLAR]


def draft(
    *,
    ids: Sequence[int],
    fund_id: int,
    why: Text,
    named: str = "",
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Make a refund run of differences and end them with it; return the run's number.

    :param fund_id: the fund whose points are given
    :param named: what the run stands with, such as ``dispute:7``
    :raises NothingToRefund: nobody was charged too much in these
    :raises fares.DifferenceEnded: one of them is no longer open
    :raises ledger.BudgetUsedUp: the fund can't give so much
    """
    require_unit_of_work()
    found = refundable(fares.differences(ids=ids, limit=len(ids)))
    if not found:
        raise NothingToRefund()
    fund = ledger.every_fund()[fund_id]
    asks = _note_charges(found, fund, actor, now)
    run = ledger.draft_refund_run(
        run=ledger.NewRefundRun(
            agency=actor.agency or "",
            why=why,
            lines=ledger.check_refunds(asks=asks),
            goodwill=0,
            goodwill_fund=None,
            file_name=named,
        ),
        actor=actor,
        now=now,
    )
    fares.end_differences(
        ids=[one.id for one in found],
        outcome="refund",
        note=why.zh,
        refund_run=run,
        actor=actor,
        now=now,
    )
    return run


def _note_charges(
    found: Sequence[fares.OpenDifference], fund: ledger.Fund, actor: Actor, now: dt.datetime
) -> list[ledger.RefundAsk]:
    """Post what each person paid too much as a charge of points; a line of the run each."""
    moves, asks = [], []
    expires_on = ledger.last_day(unit=fund.unit, earned_on=now.date())
    for line, one in enumerate(found, 1):
        amount = -one.amount_micro // _DOLLAR
        lot = ledger.member(holder=one.rider, unit=fund.unit, fund=fund.id, expires_on=expires_on)
        given = ledger.Transfer(
            source=ledger.budget(fund_id=fund.id, unit=fund.unit), target=lot, amount=amount
        )
        paid = ledger.Transfer(
            source=lot, target=ledger.partner(code=one.operator, unit=fund.unit), amount=amount
        )
        key = fact_key(now, CHARGED, one.id)
        ref = f"difference:{one.id}"
        moves += [
            ledger.Move(
                key=fact_key(now, NOTED, one.id), kind=NOTED, at=now, transfers=[given], ref=ref
            ),
            ledger.Move(key=key, kind=CHARGED, at=now, transfers=[paid], ref=ref),
        ]
        asks.append(ledger.RefundAsk(line=line, reference=str(key), key=key, amount=amount))
    for posted in ledger.move_many(moves=moves, actor=actor, now=now):
        if posted.refusal is not None:
            raise posted.refusal
    return asks
