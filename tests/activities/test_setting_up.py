"""Setting up a campaign: what is refused, and what the organiser gets to see."""

import datetime as dt
from typing import Any

import pytest

from citycard.activities import api as activities
from citycard.infra.packs import Text
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access, AccessTooNarrow
from citycard.kernel.actors import SYSTEM
from citycard.kernel.errors import NotFound, Refused
from citycard.ledger import api as ledger
from tests.activities.conftest import (
    NOW,
    READER,
    START,
    UNIT,
    give,
    new_campaign,
    open_campaign,
    tap,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("terms", "refusal"),
    [
        ({"points_per_tap": 0}, activities.NumberWrong),
        ({"points_per_tap": 2**31}, activities.NumberWrong),  # no tap's row can carry it
        ({"per_person_cap": -1}, activities.NumberWrong),
        ({"per_day_cap": 0}, activities.NumberWrong),
        ({"budget": 10**13}, activities.NumberWrong),
        ({"budget": 1.5}, activities.NumberWrong),
        ({"ends_at": START}, activities.PeriodWrong),
        ({"names": Text("  ", "x")}, activities.NamesMissing),
        ({"unit": "gold"}, activities.UnitUnknown),
        ({"unit": "ride-points"}, activities.UnitUnknown),  # given by rule, not by activities
    ],
)
def test_terms_that_make_no_sense_are_refused(
    terms: dict[str, Any], refusal: type[Refused]
) -> None:
    with pytest.raises(refusal), unit_of_work():
        activities.create_campaign(new=new_campaign(**terms), actor=SYSTEM, now=NOW)
    assert activities.campaigns() == []


def test_a_code_is_used_once() -> None:
    open_campaign(code="twice")
    with pytest.raises(activities.CampaignCodeUsed):
        open_campaign(code="twice", devices=[])


def test_a_reader_serves_one_campaign_at_a_time() -> None:
    first = open_campaign()
    with pytest.raises(activities.DeviceBusy):
        open_campaign()
    after = first.ends_at
    later = open_campaign(starts_at=after, ends_at=after + dt.timedelta(days=1))
    assert later.devices == (READER,)
    with unit_of_work():
        activities.close_campaign(campaign_id=first.id, actor=SYSTEM, now=NOW)
    assert open_campaign().devices == (READER,)


def test_a_closed_campaign_stays_closed() -> None:
    campaign = open_campaign()
    with unit_of_work():
        activities.close_campaign(campaign_id=campaign.id, actor=SYSTEM, now=NOW)
    for change in (activities.open_campaign, activities.close_campaign):
        with pytest.raises(activities.NotAllowedNow), unit_of_work():
            change(campaign_id=campaign.id, actor=SYSTEM, now=NOW)
    with pytest.raises(NotFound), unit_of_work():
        activities.open_campaign(campaign_id=0, actor=SYSTEM, now=NOW)


def test_the_list_adds_up_to_the_statistics_and_the_ledger() -> None:
    campaign = open_campaign(per_person_cap=30)
    give([tap(1), tap(2), tap(1), tap(3)])
    spend = ledger.Spend(
        key=tap(1).tap_key, kind="redemption", at=NOW, holder=1, unit=UNIT, amount=12,
        into=ledger.partner(code="easycard", unit=UNIT),
    )  # fmt: skip
    with unit_of_work():
        ledger.spend_many(spends=[spend], actor=SYSTEM, now=NOW)

    members = activities.participant_ids(campaign_id=campaign.id)
    assert members == [1, 2, 3]
    people = activities.participants_list(access=access(*members), campaign_id=campaign.id)
    numbers = activities.statistics(campaign_id=campaign.id)
    totals = ledger.fund_totals(fund_ids=[campaign.fund_id])[campaign.fund_id]
    assert {(p.member_id, p.taps, p.points, p.redeemed) for p in people} == {
        (1, 2, 20, 12),
        (2, 1, 10, 0),
        (3, 1, 10, 0),
    }
    assert sum(p.points for p in people) == numbers.points == totals.awarded == 40
    assert sum(p.redeemed for p in people) == numbers.redeemed == totals.redeemed == 12
    back = ledger.Reversal(key=tap(1).tap_key, of=spend.key, kind="refund.paid", at=NOW, amount=5)
    with unit_of_work():
        assert not ledger.reverse_many(reversals=[back], actor=SYSTEM, now=NOW)[0].refusal
    people = activities.participants_list(access=access(*members), campaign_id=campaign.id)
    numbers = activities.statistics(campaign_id=campaign.id)
    assert sum(p.redeemed for p in people) == numbers.redeemed == 7
    with pytest.raises(AccessTooNarrow):
        activities.participants_list(access=access(1, 2), campaign_id=campaign.id)


def access(*members: int) -> Access:
    return Access(
        subjects=frozenset(members),
        fields=frozenset({"points"}),
        purpose="activity-list",
        actor=SYSTEM,
        record_id=1,
    )
