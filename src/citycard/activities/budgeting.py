"""A campaign's budget in the organiser's hands: raised, and what is left of it given back."""

import datetime as dt
import uuid

from citycard.activities.events import CampaignSettled
from citycard.activities.queries import campaign as campaign_of
from citycard.activities.values import Campaign
from citycard.agencies import api as agencies
from citycard.infra.database import execute, rows
from citycard.infra.journal import announce
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.kernel.ids import fact_key, key_time
from citycard.ledger import api as ledger

RAISING = "ledger.budget"
"""The row of the pack's ``approvals`` that says how much one officer may put aside alone."""


class BudgetNeedsSecond(Refused):
    """A budget of {wanted} in all takes a second officer's approval."""

    code = "activities.budget_needs_second"


class NotOverYet(Refused):
    """The campaign still gives points; end it first."""

    code = "activities.not_over_yet"


def raise_campaign_budget(
    *, campaign_id: int, amount: int, key: uuid.UUID, actor: Actor, now: dt.datetime
) -> ledger.Posted:
    """Put more points aside for a campaign; what is above one officer's limit is proposed instead
    (``agencies.propose``, kind ``ledger.budget``).

    :param key: ``fact_key(now, …)``, so that a repeated click raises once
    :raises BudgetNeedsSecond: all that was put aside for it would be more than the pack's limit
    :raises NotFound: there is none of this number
    """
    require_unit_of_work()
    fund_id = _locked(campaign_id).fund_id
    if not _is_posted(key):
        days = ledger.fund_days(fund_id=fund_id)
        check_alone(sum(day.added - day.returned for day in days) + amount, actor, now)
    return ledger.raise_budget(
        fund_id=fund_id, amount=amount, key=key, at=now, actor=actor, now=now
    )


def check_alone(budget: int, actor: Actor, now: dt.datetime) -> None:
    """Stop an officer who would put aside more than one may alone; the city's own set-up may.

    :raises BudgetNeedsSecond: it is more
    """
    on = current_pack().time.day(now)
    if actor.kind != "system" and agencies.needs_second(kind=RAISING, amount=budget, on=on):
        raise BudgetNeedsSecond(wanted=budget)


def returns_at(*, campaign: Campaign) -> dt.datetime:
    """Return when late uploads are no longer waited for, and what is left goes back."""
    days = int(current_pack().table("activities")["late_upload_days"])
    return _over_at(campaign) + dt.timedelta(days=days)


def settle_campaign(*, campaign_id: int, actor: Actor, now: dt.datetime) -> int:
    """Give what is left of a budget back to its issuer, without waiting for late uploads.

    Taps that arrive later still count, and give nothing more. Points that lapse back into the
    budget later go back with the next run.

    :returns: how many points went back
    :raises NotOverYet: it still gives points
    :raises NotFound: there is none of this number
    """
    require_unit_of_work()
    campaign = _locked(campaign_id)
    if campaign.state == "draft" or _over_at(campaign) > now:
        raise NotOverYet()
    left = ledger.lease_budgets(wanted={campaign.fund_id: ledger.LARGEST})[campaign.fund_id]
    if left:
        _give_back(campaign, left, actor, now)
    if left or campaign.settled_at is None:
        execute("UPDATE activities_campaign SET settled_at = %s WHERE id = %s", [now, campaign_id])
        announce(CampaignSettled(campaign_id=campaign_id, points=left))
    return left


def settle_campaigns(*, actor: Actor, now: dt.datetime) -> dict[int, int]:
    """Give back what is left of every budget whose campaign is over and late uploads waited for.

    :returns: campaign → points that went back
    """
    require_unit_of_work()
    days = int(current_pack().table("activities")["late_upload_days"])
    over = rows(
        "SELECT id FROM activities_campaign WHERE state <> 'draft'"
        " AND least(ends_at, closed_at) <= %s ORDER BY id",
        [now - dt.timedelta(days=days)],
    )
    found = {one.id: settle_campaign(campaign_id=one.id, actor=actor, now=now) for one in over}
    return {campaign_id: points for campaign_id, points in found.items() if points}


def _locked(campaign_id: int) -> Campaign:
    execute("SELECT 1 FROM activities_campaign WHERE id = %s FOR NO KEY UPDATE", [campaign_id])
    return campaign_of(campaign_id=campaign_id)


def _is_posted(key: uuid.UUID) -> bool:
    """Tell whether a click was heard before: it is answered as it was, whatever the limit."""
    month = current_pack().time.month(key_time(key))
    sql = "SELECT 1 AS found FROM pub.ledger_transfers WHERE booked_month >= %s AND key = %s"
    return bool(rows(sql, [month, key]))


def _over_at(campaign: Campaign) -> dt.datetime:
    return min(campaign.ends_at, campaign.closed_at or campaign.ends_at)


def _give_back(campaign: Campaign, left: int, actor: Actor, now: dt.datetime) -> None:
    fund = ledger.fund_of(fund_id=campaign.fund_id)
    transfer = ledger.Transfer(
        source=ledger.budget(fund_id=fund.id, unit=fund.unit),
        target=ledger.issuer(agency=fund.agency, unit=fund.unit),
        amount=left,
    )
    move = ledger.Move(
        key=fact_key(now, "campaign.returned", campaign.id),
        kind="fund.budget_returned",
        at=now,
        transfers=[transfer],
        ref=f"campaign:{campaign.id}",
    )
    [posted] = ledger.move_many(moves=[move], actor=actor, now=now)
    if posted.refusal:
        raise posted.refusal
