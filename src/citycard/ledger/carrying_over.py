"""The fiscal year's end: unspent budgets stay with their activities, or go back to their agencies.

What the pack says (``points.yaml: fiscal_year``) happens when the year's last month is closed, by
moves of the last moment of that month. A month that was opened again gives back what came into a
budget meanwhile when it is closed again.
"""

import datetime as dt

from citycard.infra.database import rows, scalar
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.ids import fact_key
from citycard.kernel.periods import next_month
from citycard.ledger.accounts import budget, issuer
from citycard.ledger.funding import Fund, every_fund
from citycard.ledger.moves import Move, Transfer
from citycard.ledger.posting import move_many

KIND = "fund.year_end_returned"
_A_MOMENT = dt.timedelta(milliseconds=1)


def ends_fiscal_year(*, month: dt.date) -> bool:
    """Tell whether a month is the last one of a fiscal year of the city."""
    starts = current_pack().table("points")["fiscal_year"]["starts"]
    return f"{next_month(month.replace(day=1)):%m-%d}" == str(starts)


def return_unspent(*, month: dt.date, actor: Actor, now: dt.datetime) -> dict[int, int]:
    """Give back what is left of every budget at the end of a fiscal year, where the pack says so.

    Of what was left then, no more than is left now: what was given since stays given.

    :param month: the year's last month, still open
    :returns: fund → what went back
    """
    require_unit_of_work()
    rule = current_pack().table("points")["fiscal_year"]["unspent_budget"]
    if rule != "return" or not ends_fiscal_year(month=month):
        return {}
    back = _unspent(month.replace(day=1))
    funds = every_fund()
    at = current_pack().time.midnight(next_month(month.replace(day=1))) - _A_MOMENT
    times = _times_closed(month.replace(day=1))
    moves = [_move(funds[fund], amount, at, times) for fund, amount in back.items()]
    for posted in move_many(moves=moves, actor=actor, now=now):
        if posted.refusal:
            raise posted.refusal
    return back


def _times_closed(month: dt.date) -> int:
    return int(scalar("SELECT count(*) FROM ledger_closing WHERE month = %s", [month]))


def _move(fund: Fund, amount: int, at: dt.datetime, times_closed: int) -> Move:
    transfer = Transfer(
        source=budget(fund_id=fund.id, unit=fund.unit),
        target=issuer(agency=fund.agency, unit=fund.unit),
        amount=amount,
    )
    return Move(
        key=fact_key(at, KIND, fund.id, times_closed),
        kind=KIND,
        at=at,
        transfers=[transfer],
        ref=f"fund:{fund.id}",
    )


def _unspent(month: dt.date) -> dict[int, int]:
    """Return what each budget had left at the end of a month, at most what it has now."""
    found = rows(
        """
        WITH budgets AS (SELECT id, fund FROM ledger_account WHERE class = 'budget'),
        since AS (
            SELECT b.fund, t.amount FROM ledger_transfer t JOIN budgets b ON b.id = t.from_account
            WHERE t.booked_month > %(month)s
            UNION ALL
            SELECT b.fund, -t.amount FROM ledger_transfer t JOIN budgets b ON b.id = t.to_account
            WHERE t.booked_month > %(month)s),
        spent AS (SELECT fund, sum(amount) AS amount FROM since GROUP BY fund),
        left_now AS (SELECT fund, sum(amount) AS amount FROM ledger_budget_slice GROUP BY fund)
        SELECT l.fund, least(l.amount, l.amount + coalesce(s.amount, 0))::bigint AS unspent
        FROM left_now l LEFT JOIN spent s ON s.fund = l.fund ORDER BY l.fund
        """,
        {"month": month},
    )
    return {row.fund: row.unspent for row in found if row.unspent > 0}
