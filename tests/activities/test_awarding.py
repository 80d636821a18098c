"""What a tap gives: within the person's share, the day's share and the budget, in order."""

import datetime as dt
from collections.abc import Callable

import pytest

from citycard.activities import api as activities
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.ledger import api as ledger
from tests.activities.conftest import (
    END,
    NOW,
    READER,
    START,
    UNIT,
    give,
    new_campaign,
    open_campaign,
    points,
    tap,
)

pytestmark = pytest.mark.django_db


def test_ten_taps_of_one_person_in_one_batch_stop_at_the_cap() -> None:
    campaign = open_campaign()
    awards = give([tap(1) for _ in range(10)])

    assert points(awards) == [10, 10, 5, 0, 0, 0, 0, 0, 0, 0]
    assert [award.code for award in awards] == ["points"] * 3 + ["limit"] * 7
    numbers = activities.statistics(campaign_id=campaign.id)
    assert (numbers.taps, numbers.people, numbers.points) == (10, 1, 25)
    assert points(give([tap(1), tap(2)])) == [0, 10]
    assert activities.verify() == ledger.verify() == []


def test_the_budget_is_given_to_its_last_point() -> None:
    campaign = open_campaign(budget=33, per_person_cap=100)
    assert points(give([tap(n) for n in range(1, 6)])) == [10, 10, 10, 3, 0]
    assert activities.statistics(campaign_id=campaign.id).budget_left == 0


def test_a_raised_budget_gives_again() -> None:
    campaign = open_campaign(budget=10)
    assert points(give([tap(1), tap(2)])) == [10, 0]
    key = tap(1).tap_key
    with unit_of_work():
        for _ in range(2):
            activities.raise_campaign_budget(
                campaign_id=campaign.id, amount=10, key=key, actor=SYSTEM, now=NOW
            )
    assert points(give([tap(2), tap(3)])) == [10, 0]


def test_a_day_has_its_own_share_whatever_order_the_taps_come_in() -> None:
    open_campaign(per_day_cap=15, per_person_cap=100)
    yesterday = NOW - dt.timedelta(days=1)
    assert points(give([tap(1), tap(1), tap(1, at=yesterday), tap(1)])) == [10, 5, 10, 0]
    assert points(give([tap(1, at=yesterday), tap(1, at=yesterday)])) == [5, 0]
    assert activities.verify() == []


def test_days_are_the_citys_own() -> None:
    """23:30 and 00:30 in Taipei are two days, though one in UTC."""
    open_campaign(per_day_cap=10, per_person_cap=100)
    late = dt.datetime(2026, 11, 10, 15, 30, tzinfo=dt.UTC)
    assert points(give([tap(1, at=late), tap(1, at=late + dt.timedelta(hours=1))])) == [10, 10]


def test_taps_outside_the_period_or_at_other_readers_give_nothing() -> None:
    open_campaign()
    asked = [
        tap(1, at=START - dt.timedelta(seconds=1)),
        tap(1, at=START),
        tap(1, reader=READER + 1),
    ]
    awards = give(asked)
    assert [award.code for award in awards] == ["none", "points", "none"]
    assert END > NOW


def test_a_draft_gives_nothing_and_a_late_upload_counts_after_closing() -> None:
    with unit_of_work():
        draft = activities.create_campaign(new=new_campaign(), actor=SYSTEM, now=START)
    assert points(give([tap(1)])) == [0]
    with unit_of_work():
        activities.open_campaign(campaign_id=draft.id, actor=SYSTEM, now=START)
        activities.close_campaign(campaign_id=draft.id, actor=SYSTEM, now=NOW)
    before = NOW - dt.timedelta(minutes=1)
    assert points(give([tap(1), tap(1, at=before)])) == [0, 10]


def test_points_carry_fund_and_last_day() -> None:
    campaign = open_campaign()
    give([tap(7)])
    balance = ledger.balances(holders=[7], unit=UNIT, on=NOW.date(), access=None)[7]
    # 24 months on, coarsened to the end of that year (points.yaml)
    assert balance.lots == (
        ledger.Part(fund=campaign.fund_id, expires_on=dt.date(2028, 12, 31), amount=10),
    )


def test_only_residents_collect_and_moving_out_stops_it(resident: Callable[..., int]) -> None:
    """設籍臺北市民可參加健康集點: earned points stay, new ones stop."""
    open_campaign(residents_only=True, per_person_cap=100)
    moved = dt.date(2026, 11, 15)
    stays = resident("taipei", since=dt.date(2020, 1, 1))
    moves = resident("taipei", since=dt.date(2020, 1, 1), until=moved)
    elsewhere = resident("taoyuan", since=dt.date(2020, 1, 1))
    before = NOW - dt.timedelta(days=10)
    asked = [tap(stays), tap(moves), tap(moves, at=before), tap(elsewhere), tap(999_999)]
    awards = give(asked)

    assert points(awards) == [10, 0, 10, 0, 0]
    assert [award.code for award in awards] == ["points", "not_resident", "points"] + [
        "not_resident"
    ] * 2


def test_points_for_binding_are_given_once_a_person() -> None:
    """卡證歸戶贈點, paid once per person, not per card."""
    campaign = open_campaign(
        trigger="cards.card.bound", devices=[], points_per_tap=20, per_person_cap=20
    )

    def bind(member: int) -> activities.TriggerRequest:
        one = tap(member)
        return activities.TriggerRequest(n=one.n, member_id=member, at=NOW, key=one.tap_key)

    with unit_of_work():
        awards = activities.award_for(
            trigger="cards.card.bound",
            requests=[bind(1), bind(1), bind(2)],
            actor=SYSTEM,
            now=NOW,
        )
        moves = [award.move for award in awards if award.move]
        ledger.move_many(moves=moves, actor=SYSTEM, now=NOW)
    assert points(awards) == [20, 0, 20]
    assert activities.statistics(campaign_id=campaign.id).points == 40
