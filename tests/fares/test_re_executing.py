"""Stored decisions are executed again: the same comes out, whatever became of the month."""

from dataclasses import replace

import numpy as np
import pytest

from citycard.fares import api as fares
from citycard.fares.storing import compare
from citycard.fares.working_out import work_out
from citycard.flows import explaining
from citycard.infra.database import execute
from citycard.infra.packs import current_pack
from citycard.infra.packs.keeping import keep_active
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import Actor
from citycard.people import api as people
from tests.fares.riding_town import LONG_AGO, MONTH, NOW, Town, at
from tests.fares.test_riding import MINUTES, bus, metro

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _taoyuan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_CITY", "taoyuan")


@pytest.fixture
def town(db: None) -> Town:
    with unit_of_work():
        keep_active(pack=current_pack(), now=LONG_AGO)
    return Town()


def own(member: int) -> Access:
    who = Actor(
        id=f"member:{member}", kind="resident", roles=frozenset({"resident"}), member_id=member
    )
    return people.open_access(
        subject=member, fields=("taps", "rights"), purpose="own-data", actor=who, now=NOW
    )


def why(member: int, ride: str) -> fares.RideWhy:
    return explaining.why_ride(access=own(member), thing=explaining.find(number=ride))


def a_month(town: Town) -> list[int]:
    """Three riders: points that run out and a late tap; a missing second tap; no tariff, taxi."""
    senior, forgetful, other = (town.resident("senior-rides") for _ in range(3))
    number = town.card(senior)
    town.take(*metro(town, number, at(10, 9), 600, 600), *metro(town, number, at(11, 9), 195, 195))
    town.take(*bus(town, number, at(12, 9), points=5))
    town.take(*metro(town, number, at(9, 9), 100, 100))
    second = town.card(forgetful)
    town.take(town.tap(second, at(5, 8), "in"), town.tap(second, at(6, 8), "in", charged_ntd=9,
              missed_ntd=9))  # fmt: skip
    third = town.card(other)
    town.take(
        town.tap(third, at(5, 8), "whole", operator="ferry-7", route="", charged_ntd=25),
        town.tap(third, at(7, 8), "whole", operator="love-taxi", route="", fare_ntd=101,
                 charged_ntd=130),
    )  # fmt: skip
    town.take(*bus(town, town.card(None), at(8, 8) + MINUTES))  # nobody's card
    return [senior, forgetful, other]


def test_every_ride_of_a_month_is_explained_by_what_decided_it(town: Town) -> None:
    members = a_month(town)
    riders = [int(rider) for rider in fares.riders_of(month=MONTH)]
    assert len(riders) == 4
    assert fares.unexplained(month=MONTH, riders=riders, grants=explaining.grants) == 0
    said = 0
    for member in members:
        for ride in fares.rides_of(access=own(member), member_id=member):
            found = why(member, ride.ride)
            assert found.is_same, found
            assert found.steps
            assert all(step.zh and step.en for step in found.steps)
            assert found.pack_hash == current_pack().hash
            said += 1
    assert said == 8


def test_pages_of_rides_are_the_whole_list_cut_in_pieces(town: Town) -> None:
    for member in a_month(town):
        access = own(member)
        whole = fares.rides_of(access=access, member_id=member, limit=100)
        assert whole == sorted(whole, key=lambda ride: ride.boarded_at, reverse=True)
        paged: list[fares.RideView] = []
        while page := fares.rides_of(
            access=access,
            member_id=member,
            limit=1,
            before=paged[-1].boarded_at if paged else None,
        ):
            paged += page
        assert paged == whole
        for ride in whole:
            name = tuple(int(part) for part in ride.ride.split("-"))
            assert len(name) == 3
            found = fares.ride_of(access=access, member_id=member, ride=name, at=ride.boarded_at)
            assert found == ride


def test_the_last_points_and_the_difference_are_told(town: Town) -> None:
    senior, _, other = a_month(town)
    [partly] = [one for one in fares.rides_of(access=own(senior), member_id=senior)
                if one.stored_ntd == 95]  # fmt: skip
    found = why(senior, partly.ride)
    assert found.points_open == 800
    assert found.rights
    assert {"full", "points", "stored_value"} <= {step.code for step in found.steps}
    [taxi] = [one for one in fares.rides_of(access=own(other), member_id=other)
              if one.operator == "love-taxi"]  # fmt: skip
    steps = {step.code: step for step in why(other, taxi.ride).steps}
    assert steps["difference"].figures["difference"] == -29


def test_the_pack_of_the_decision_counts_when_the_city_has_another(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    senior = a_month(town)[0]
    rode = fares.rides_of(access=own(senior), member_id=senior)[0]
    before = why(senior, rode.ride)
    monkeypatch.setenv("CITYCARD_CITY", "taichung")
    assert current_pack().hash != before.pack_hash
    after = why(senior, rode.ride)
    assert after.is_same
    assert after.steps == before.steps


def test_what_does_not_follow_from_its_decision_is_found(town: Town) -> None:
    senior = a_month(town)[0]
    ride = fares.rides_of(access=own(senior), member_id=senior)[0]
    execute(
        "INSERT INTO fares_decision (rider, local_month, book_id, revision, points_open,"
        " decided_at, bindings, rights) SELECT rider, local_month, book_id, revision + 1, 50,"
        " decided_at, bindings, rights FROM fares_decision WHERE rider = %s"
        " ORDER BY revision DESC LIMIT 1",
        [senior],
    )
    assert not why(senior, ride.ride).is_same or ride.points == 0
    assert fares.unexplained(month=MONTH, riders=[senior], grants=explaining.grants) > 0


def test_by_a_book_with_other_funds_no_ride_is_the_same(town: Town) -> None:
    riders = np.array([a_month(town)[0]], np.int64)
    found = work_out(pack=current_pack(), month=MONTH, riders=riders, grants=explaining.grants)
    same = compare(month=MONTH, riders=riders, rides=found.table, book=found.book)
    assert (len(same.added), len(same.closed)) == (0, 0)
    renamed = tuple(fund._replace(code=f"{fund.code}-2") for fund in found.book.funds)
    book = replace(found.book, funds=renamed)
    other = compare(month=MONTH, riders=riders, rides=found.table, book=book)
    assert len(other.added) == len(other.closed) == len(found.table) > 0
