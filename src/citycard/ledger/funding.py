"""Funds: who pays for a group of campaigns, and what they may still give."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from citycard.infra.database import execute, rows, scalar
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound
from citycard.ledger.accounts import budget, issuer
from citycard.ledger.moves import Move, Posted, Transfer
from citycard.ledger.posting import move_many


@dataclass(frozen=True, kw_only=True)
class Fund:
    """Who pays: an agency, for a group of campaigns, in one unit."""

    id: int
    agency: str
    campaign_ref: str
    unit: str


@dataclass(frozen=True, kw_only=True)
class FundTotals:
    """What became of a fund's points: awarded = with people + held + redeemed + lapsed + exchanged.

    :ivar budget: may still be given
    :ivar awarded: given to people, less what was taken back; what had lapsed into
        ``budget`` and is given back is given anew
    :ivar held: on its way to a partner
    :ivar redeemed: with partners: the agency owes for it
    :ivar lapsed: unspent after its last day, wherever it went; ``budget`` may have it again
    :ivar exchanged: given by people for another unit, less what they got for one
    :ivar with_people: in people's lots
    """

    fund: int
    budget: int
    awarded: int
    held: int
    redeemed: int
    lapsed: int
    exchanged: int
    with_people: int


def open_fund(*, agency: str, campaign_ref: str, unit: str, actor: Actor, now: dt.datetime) -> int:
    """Open an agency's fund for a campaign or a group of them, or find the one that is there.

    :returns: the fund's number
    """
    require_unit_of_work()
    named = {"agency": agency, "campaign": campaign_ref, "unit": unit}
    execute(
        """
        INSERT INTO ledger_fund (agency, campaign_ref, unit, opened_at, opened_by)
        VALUES (%(agency)s, %(campaign)s, %(unit)s, %(now)s, %(actor)s)
        ON CONFLICT DO NOTHING
        """,
        {**named, "now": now, "actor": actor.id},
    )
    # A second statement, so that it sees the fund that somebody else opened at the same moment.
    return int(
        scalar(
            "SELECT id FROM ledger_fund WHERE agency = %(agency)s AND campaign_ref = %(campaign)s"
            " AND unit = %(unit)s",
            named,
        )
    )


def raise_budget(
    *, fund_id: int, amount: int, key: uuid.UUID, at: dt.datetime, actor: Actor, now: dt.datetime
) -> Posted:
    """Let a fund give more; its agency owes so much more.

    :raises NotFound: there is no such fund
    """
    fund = fund_of(fund_id=fund_id)
    transfer = Transfer(
        source=issuer(agency=fund.agency, unit=fund.unit),
        target=budget(fund_id=fund.id, unit=fund.unit),
        amount=amount,
    )
    move = Move(
        key=key, kind="fund.budget_raised", at=at, transfers=[transfer], ref=f"fund:{fund_id}"
    )
    execute("SELECT ledger_cut_budget(%s)", [fund_id])
    (posted,) = move_many(moves=[move], actor=actor, now=now)
    execute("SELECT ledger_cut_budget(%s)", [fund_id])
    return posted


def lease_budgets(*, wanted: Mapping[int, int]) -> dict[int, int]:
    """Lease what a batch may need of funds' budgets until the unit of work ends.

    For callers that decide how much to give. Others go on giving from the same funds meanwhile: a
    budget lies in slices, and only when the free ones have too little are all of them waited for.

    :param wanted: fund → the most that may be given
    :returns: fund → what is leased; less than wanted only where that is all there is, and then no
        other can give from it
    """
    require_unit_of_work()
    asked = {fund: most for fund, most in wanted.items() if most > 0}
    leased = dict.fromkeys(wanted, 0)
    if asked:
        found = rows(
            "SELECT fund, amount FROM ledger_lease_budgets(%s::bigint[], %s::bigint[])",
            [list(asked), list(asked.values())],
            prepare=True,
        )
        leased |= {row.fund: row.amount for row in found}
    return leased


def fund_of(*, fund_id: int) -> Fund:
    """Return a fund.

    :raises NotFound: there is none of this number
    """
    found = funds(fund_ids=[fund_id])
    if not found:
        raise NotFound(what="fund")
    return found[0]


def funds(*, fund_ids: Sequence[int]) -> list[Fund]:
    """Return funds by number."""
    found = rows(
        "SELECT id, agency, campaign_ref, unit FROM ledger_fund WHERE id = ANY (%s) ORDER BY id",
        [list(fund_ids)],
    )
    return [Fund(**row._asdict()) for row in found]


def every_fund() -> dict[int, Fund]:
    """Return all funds by number: there are as many as the city ever had campaigns."""
    found = rows("SELECT id, agency, campaign_ref, unit FROM ledger_fund ORDER BY id")
    return {row.id: Fund(**row._asdict()) for row in found}


# By people's accounts: each transfer of a fund's points has one of them on one side.
_TOTALS = """
WITH moved AS (
    SELECT a.fund, a.class, t.amount,
           CASE WHEN t.kind = 'points.lapsed' THEN 'breakage' ELSE o.class END AS other
    FROM ledger_account a
    JOIN ledger_transfer t ON t.from_account = a.id
    JOIN ledger_account o ON o.id = t.to_account
    WHERE a.fund = ANY (%(funds)s) AND a.fund <> 0 AND a.class <> 'budget'
    UNION ALL
    SELECT a.fund, a.class, -t.amount, o.class
    FROM ledger_account a
    JOIN ledger_transfer t ON t.to_account = a.id
    JOIN ledger_account o ON o.id = t.from_account
    WHERE a.fund = ANY (%(funds)s) AND a.fund <> 0 AND a.class <> 'budget'),
budgets AS (
    SELECT fund, sum(amount)::bigint AS amount FROM ledger_budget_slice
    WHERE fund = ANY (%(funds)s) GROUP BY fund),
summed AS (
    SELECT fund, coalesce(-sum(amount) FILTER (WHERE other = 'budget'), 0)::bigint AS awarded,
           coalesce(-sum(amount) FILTER (WHERE class = 'held'), 0)::bigint AS held,
           coalesce(sum(amount) FILTER (WHERE other = 'partner'), 0)::bigint AS redeemed,
           coalesce(sum(amount) FILTER (WHERE other = 'breakage'), 0)::bigint AS lapsed,
           coalesce(sum(amount) FILTER (WHERE other = 'city'), 0)::bigint AS exchanged,
           coalesce(-sum(amount) FILTER (WHERE class = 'member'), 0)::bigint AS with_people
    FROM moved GROUP BY fund)
SELECT b.fund, b.amount AS budget, coalesce(s.awarded, 0) AS awarded, coalesce(s.held, 0) AS held,
       coalesce(s.redeemed, 0) AS redeemed, coalesce(s.lapsed, 0) AS lapsed,
       coalesce(s.exchanged, 0) AS exchanged, coalesce(s.with_people, 0) AS with_people
FROM budgets b LEFT JOIN summed s ON s.fund = b.fund
"""


_AMOUNTS = ("budget", "awarded", "held", "redeemed", "lapsed", "exchanged", "with_people")


def fund_totals(*, fund_ids: Sequence[int]) -> dict[int, FundTotals]:
    """Return what became of each fund's points, counted from the moves themselves."""
    found = {row.fund: row._asdict() for row in rows(_TOTALS, {"funds": list(fund_ids)})}
    nothing = dict.fromkeys(_AMOUNTS, 0)
    return {
        fund: FundTotals(**(nothing | {"fund": fund} | found.get(fund, {}))) for fund in fund_ids
    }
