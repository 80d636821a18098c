"""Points by columns are what going through the taps one by one would give."""

import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycard.activities import api as activities
from citycard.activities.deciding import cut
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.ledger import api as ledger
from tests.activities.conftest import NOW, READER, UNIT, open_campaign

small = st.integers(0, 3)
facts = st.lists(st.tuples(st.integers(0, 9), small, small, small), max_size=40)
rooms = st.lists(st.integers(0, 25), min_size=4, max_size=4)


@given(facts, rooms, rooms, rooms)
def test_bounds_within_one_another_are_cut_from_the_innermost(
    facts: list[tuple[int, int, int, int]], days: list[int], people: list[int], funds: list[int]
) -> None:
    """A person's days lie in their share, shares in a fund."""
    wanted, day, person, fund = (
        np.array(column, np.int64) for column in (zip(*facts, strict=True) if facts else [()] * 4)
    )
    person, fund = person + 4 * fund, fund  # a person's share is of one fund
    day = day + 4 * person
    day_room = np.resize(np.array(days), 64)
    person_room = np.resize(np.array(people), 16)
    fund_room = np.array(funds)

    found = cut(cut(cut(wanted, day, day_room), person, person_room), fund, fund_room)

    left = (day_room.copy(), person_room.copy(), fund_room.copy())
    for n, asked in enumerate(wanted.tolist()):
        whose = (day[n], person[n], fund[n])
        points = min([asked, *(room[at] for room, at in zip(left, whose, strict=True))])
        for room, at in zip(left, whose, strict=True):
            room[at] -= points
        assert found[n] == points


def columns(members: list[int], days: list[int]) -> activities.TapsToAward:
    at = [NOW - dt.timedelta(days=day) for day in days]
    count = len(members)
    return activities.TapsToAward(
        member_id=np.array(members, np.int64),
        device_id=np.full(count, READER),
        at_us=np.array([round(one.timestamp()) * 1_000_000 for one in at], np.int64),
        day=np.array([one.date() for one in at], "M8[D]").astype(np.int64),
        epoch=np.ones(count, np.int32),
        seq=np.arange(count),
    )


def take(asked: activities.TapsToAward) -> list[int]:
    with unit_of_work():
        giving = activities.giving(device_ids=[READER])
        given = activities.award_taps(asked=asked, giving=giving, actor=SYSTEM, now=NOW)
    return [int(one) for one in given.points]


@pytest.mark.django_db
def test_taps_take_of_a_share_a_day_and_a_budget_what_is_there() -> None:
    campaign = open_campaign(budget=85, per_person_cap=25, per_day_cap=15)
    first = take(columns([1, 1, 1, 2, 1, 3, 2], [0, 0, 1, 0, 2, 0, 0]))
    assert first == [10, 5, 10, 10, 0, 10, 5]

    again = take(
        columns([1, 4, 5, 6, 2, 3, 7], [3, 0, 0, 0, 1, 0, 0])._replace(epoch=np.full(7, 2))
    )

    assert again == [0, 10, 10, 10, 5, 0, 0]
    numbers = activities.statistics(campaign_id=campaign.id)
    assert (numbers.points, numbers.budget_left, numbers.taps) == (85, 0, 14)
    found = ledger.balances(holders=range(1, 8), unit=UNIT, on=NOW.date(), access=None)
    assert [found[n].available for n in range(1, 8)] == [25, 20, 10, 10, 10, 10, 0]
    assert activities.verify() == ledger.verify() == []


@pytest.mark.django_db
@pytest.mark.parametrize("spread", [0, 1], ids=["on one day", "on two days"])
def test_taps_of_those_who_live_elsewhere_give_nothing(
    resident: Callable[..., int], spread: int
) -> None:
    """However the taps of a batch lie, who was registered in the city is asked by their own day."""
    home = resident("taipei", since=dt.date(2020, 1, 1))
    away = resident("taoyuan", since=dt.date(2020, 1, 1))
    campaign = open_campaign(residents_only=True)

    given = take(columns([home, away, home, away, home], [0, 0, 0, spread, spread]))

    assert given == [10, 0, 10, 0, 5]
    numbers = activities.statistics(campaign_id=campaign.id)
    assert (numbers.taps, numbers.people, numbers.points) == (3, 1, 25)
    assert activities.verify() == ledger.verify() == []
