"""A budget in the organiser's hands: alone up to a limit, and what is left goes back at the end."""

import datetime as dt

import pytest

from citycard.activities import api as activities
from citycard.agencies import api as agencies
from citycard.flows import campaigning
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from tests.activities.conftest import END, NOW, START, UNIT, give, new_campaign, open_campaign, tap

pytestmark = pytest.mark.django_db

ORGANISER = Actor(id="staff:1", kind="staff", roles=frozenset({"organiser"}), agency="health")
LIMIT = 500_000  # taipei/approvals.yaml


def raise_by(campaign: activities.Campaign, amount: int, actor: Actor, n: int = 1) -> None:
    with unit_of_work():
        posted = activities.raise_campaign_budget(
            campaign_id=campaign.id,
            amount=amount,
            key=fact_key(NOW, "raise", n),
            actor=actor,
            now=NOW,
        )
    if posted.refusal:
        raise posted.refusal


def left(campaign: activities.Campaign) -> int:
    return activities.statistics(campaign_id=campaign.id).budget_left


def test_one_officer_raises_up_to_the_limit_in_all_and_not_by_small_steps() -> None:
    campaign = open_campaign(budget=LIMIT - 10)
    raise_by(campaign, 10, ORGANISER)
    assert left(campaign) == LIMIT
    with pytest.raises(activities.BudgetNeedsSecond):
        raise_by(campaign, 1, ORGANISER, n=2)
    assert left(campaign) == LIMIT
    raise_by(campaign, 10, ORGANISER)  # the first click, sent again: answered, not refused
    raise_by(campaign, 1, SYSTEM, n=2)
    assert left(campaign) == LIMIT + 1


def test_a_campaign_is_not_set_up_above_the_limit_either() -> None:
    assert agencies.needs_second(kind="ledger.budget", amount=LIMIT + 1, on=NOW.date())
    for budget, fits in ((LIMIT, True), (LIMIT + 1, False)):
        new = new_campaign(budget=budget, devices=[])
        with unit_of_work():
            if fits:
                activities.create_campaign(new=new, actor=ORGANISER, now=START)
            else:
                with pytest.raises(activities.BudgetNeedsSecond):
                    activities.create_campaign(new=new, actor=ORGANISER, now=START)


def test_what_is_left_goes_back_to_the_issuer_when_late_uploads_were_waited_for() -> None:
    campaign = open_campaign(budget=1000)
    give([tap(1), tap(2)])
    with unit_of_work():
        closed = activities.close_campaign(campaign_id=campaign.id, actor=SYSTEM, now=NOW)
    due = activities.returns_at(campaign=closed)
    assert due == NOW + dt.timedelta(days=14)

    campaigning.settle_ended(due - dt.timedelta(seconds=1))
    assert left(campaign) == 980
    late = give([tap(3, at=NOW - dt.timedelta(minutes=5))])
    assert late[0].points == 10  # it happened before the end, and the budget still waits for it
    campaigning.settle_ended(due)
    campaigning.settle_ended(due + dt.timedelta(hours=1))
    assert left(campaign) == 0
    assert activities.campaign(campaign_id=campaign.id).settled_at == due
    days = ledger.fund_days(fund_id=campaign.fund_id)
    assert sum(day.returned for day in days) == 970
    assert activities.verify() == ledger.verify() == []


def test_the_organiser_may_settle_at_once_and_later_uploads_give_nothing() -> None:
    campaign = open_campaign(budget=1000)
    give([tap(1)])
    with pytest.raises(activities.NotOverYet), unit_of_work():
        activities.settle_campaign(campaign_id=campaign.id, actor=ORGANISER, now=NOW)
    with unit_of_work():
        activities.close_campaign(campaign_id=campaign.id, actor=SYSTEM, now=NOW)
        back = activities.settle_campaign(campaign_id=campaign.id, actor=ORGANISER, now=NOW)
    assert back == 990
    (late,) = give([tap(2, at=NOW - dt.timedelta(minutes=5))])
    assert (late.code, late.points) == ("limit", 0)
    assert activities.verify() == ledger.verify() == []


def test_a_campaign_that_ran_out_its_period_is_settled_too() -> None:
    campaign = open_campaign(budget=1000)
    campaigning.settle_ended(END + dt.timedelta(days=13))
    assert left(campaign) == 1000
    campaigning.settle_ended(END + dt.timedelta(days=14))
    assert left(campaign) == 0


def test_the_days_of_a_fund_add_up_to_its_totals() -> None:
    campaign = open_campaign(budget=500, per_person_cap=100)
    yesterday = NOW - dt.timedelta(days=1)
    give([tap(1, at=yesterday), tap(2, at=yesterday), tap(1)])
    spend = ledger.Spend(
        key=tap(1).tap_key, kind="redemption", at=NOW, holder=1, unit=UNIT, amount=12,
        into=ledger.partner(code="easycard", unit=UNIT),
    )  # fmt: skip
    with unit_of_work():
        ledger.spend_many(spends=[spend], actor=SYSTEM, now=NOW)
    days = ledger.fund_days(fund_id=campaign.fund_id)
    assert [(d.day.isoformat(), d.added, d.given, d.redeemed, d.left) for d in days] == [
        ("2026-10-22", 500, 0, 0, 500),
        ("2026-11-20", 0, 20, 0, 480),
        ("2026-11-21", 0, 10, 12, 470),
    ]
    totals = ledger.fund_totals(fund_ids=[campaign.fund_id])[campaign.fund_id]
    assert (totals.budget, totals.awarded, totals.redeemed) == (470, 30, 12)
