"""From taps to stored, priced rides: one person's month, whatever happens to it."""

import datetime as dt

import pytest

from citycard.entitlements import api as entitlements
from citycard.fares import api as fares
from citycard.fares.differing import Difference
from citycard.flows import riding
from citycard.infra import clock
from citycard.infra.database import rows, scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from tests.fares.riding_town import MONTH, NOW, UNIT, Town, at

pytestmark = pytest.mark.django_db
MINUTES = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _taoyuan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_CITY", "taoyuan")


@pytest.fixture
def town(db: None) -> Town:
    return Town()


def bus(town: Town, number: str, when: dt.datetime, *, points: int = 9, metres: int = 8_000):
    """A senior's ride of one section, as the device had it."""
    return (
        town.tap(number, when, "in", ticket="senior"),
        town.tap(
            number, when + 20 * MINUTES, "out", metres=metres, charged_ntd=0, points_taken=points
        ),
    )


def metro(town: Town, number: str, when: dt.datetime, fare: int, points: int, charged: int = 0):
    """A ride on the airport metro, whose gates say the fare."""
    said = {"operator": "airport-metro", "route": ""}
    return (
        town.tap(number, when, "in", **said),
        town.tap(
            number, when + 30 * MINUTES, "out", fare_ntd=fare, points_taken=points,
            charged_ntd=charged, **said,
        ),
    )  # fmt: skip


def decided() -> int:
    return int(scalar("SELECT count(*) FROM fares_decision") or 0)


def test_a_bus_ride_is_stored_priced_and_its_points_are_posted(town: Town) -> None:
    member = town.resident("senior-rides")
    number = town.card(member)
    town.take(*bus(town, number, at(5, 8)))
    [ride] = town.rides(member)
    assert (ride.fare_ntd, ride.points, ride.stored_ntd, ride.difference_micro) == (18, 9, 0, 0)
    assert ride.due_micro == 18_000_000
    assert ride.due_micro == ride.collected_micro + sum(ride.subsidies) + ride.difference_micro
    assert town.points_left(member) == 800 - 9
    assert town.queue(member) == []
    assert fares.verify() == []


def test_doing_it_again_changes_nothing(town: Town) -> None:
    member = town.resident("senior-rides")
    number = town.card(member)
    reads = bus(town, number, at(5, 8))
    town.take(*reads)
    before = decided(), town.rides(member), town.points_left(member)
    town.take(*reads)
    with unit_of_work():
        [done] = riding.decide(months=[(MONTH, member)], now=NOW)
    assert (done.added, done.closed) == (0, 0)
    town.settle()
    assert (decided(), town.rides(member), town.points_left(member)) == before


def test_the_last_points_are_used_in_part_and_a_late_tap_takes_them_first(town: Town) -> None:
    member = town.resident("senior-rides")
    number = town.card(member)
    town.take(*metro(town, number, at(10, 9), 600, 600), *metro(town, number, at(11, 9), 195, 195))
    town.take(*bus(town, number, at(12, 9), points=5, metres=8_000))
    assert [(r.points, r.stored_ntd) for r in town.rides(member)] == [(600, 0), (195, 0), (5, 4)]
    assert town.points_left(member) == 0
    town.take(*metro(town, number, at(9, 9), 100, 100))  # it lay in its gate for days
    assert [(r.points, r.stored_ntd) for r in town.rides(member)] == [
        (100, 0), (600, 0), (100, 95), (0, 9),
    ]  # fmt: skip
    assert town.points_left(member) == 0
    closed = "SELECT count(*) FROM fares_ride WHERE rider = %s AND closed_at IS NOT NULL"
    assert scalar(closed, [member]) == 2
    assert [kind for kind, *_ in town.queue(member)] == [Difference.TOO_LITTLE] * 2
    assert fares.verify() == []


def test_a_ride_without_a_second_tap_is_charged_at_the_next_boarding(town: Town) -> None:
    member = town.resident("senior-rides")
    number = town.card(member)
    town.take(town.tap(number, at(5, 8), "in"))
    [locked] = town.rides(member)
    assert (locked.reason, locked.due_micro) == ("locked", 0)
    town.take(town.tap(number, at(6, 8), "in", charged_ntd=9, missed_ntd=9))
    first, second = town.rides(member)
    assert (first.reason, first.charged_ntd, first.stored_ntd) == ("missing", 9, 9)
    assert (first.points, first.difference_micro, second.reason) == (0, 0, "locked")
    assert second.charged_ntd == 0


def test_its_next_boarding_may_be_next_month(town: Town) -> None:
    member = town.resident("senior-rides")
    number = town.card(member)
    town.take(town.tap(number, at(20, 8, month=2), "in"))
    february = dt.date(2026, 2, 1)
    assert [ride.reason for ride in town.rides(member, february)] == ["locked"]
    town.take(town.tap(number, at(6, 8), "in", charged_ntd=18, missed_ntd=18))
    [charged] = town.rides(member, february)
    assert (charged.reason, charged.stored_ntd, charged.charged_ntd) == ("missing", 9, 18)
    assert town.queue(member) == [(Difference.MISSING_OUT, -9, 0)]


def test_it_waits_over_a_month_of_rides_in_one_tap(town: Town) -> None:
    member = town.resident("senior-rides")
    number = town.card(member)
    january = dt.date(2026, 1, 1)
    town.take(town.tap(number, at(20, 8, month=1), "in"))
    town.take(town.tap(number, at(10, 8, month=2), "whole", metres=8_000, points_taken=9))
    assert [ride.reason for ride in town.rides(member, january)] == ["locked"]
    town.take(town.tap(number, at(6, 8), "in", charged_ntd=18, missed_ntd=18))
    [charged] = town.rides(member, january)
    assert (charged.reason, charged.charged_ntd) == ("missing", 18)


def test_a_night_bus_over_the_month_s_end_belongs_to_where_it_began(town: Town) -> None:
    member = town.resident("senior-rides")
    number = town.card(member)
    boarded = at(31, 23, 50)
    town.take(town.tap(number, boarded + 20 * MINUTES, "out", metres=8_000, points_taken=9))
    april = dt.date(2026, 4, 1)
    assert len(town.rides(member, april)) == 1  # its boarding has not come yet
    town.take(town.tap(number, boarded, "in"))
    assert town.rides(member, april) == []
    [ride] = town.rides(member)
    assert (ride.boarded_at, ride.points) == (boarded, 9)
    assert town.points_left(member) == 791


def test_a_card_that_changed_hands_takes_its_rides_with_it(town: Town) -> None:
    one, other = town.resident("senior-rides"), town.resident("senior-rides")
    number = town.card(one)
    town.take(*bus(town, number, at(5, 8)), *bus(town, number, at(20, 8)))
    assert (len(town.rides(one)), len(town.rides(other))) == (2, 0)
    town.unbind(number, at_=at(10, 0))
    town.bind(number, other, at_=at(10, 1))
    town.settle()
    assert (len(town.rides(one)), len(town.rides(other))) == (1, 1)
    assert (town.points_left(one), town.points_left(other)) == (791, 791)
    assert fares.verify() == []


def test_a_right_that_turns_out_to_have_ended_takes_its_concession_away(town: Town) -> None:
    member = town.resident("senior-rides")
    number = town.card(member)
    town.take(*bus(town, number, at(5, 8)), *bus(town, number, at(20, 8)))
    assert [ride.points for ride in town.rides(member)] == [9, 9]
    town.say(member, "approval.senior-rides", True, to=dt.date(2026, 3, 10))
    town.decide_rights(member, on=dt.date(2026, 3, 1))
    town.settle()
    assert [(ride.points, ride.stored_ntd) for ride in town.rides(member)] == [(9, 0), (0, 18)]
    assert town.queue(member) == [(Difference.TOO_LITTLE, 18, -9)]


def test_a_right_that_is_given_back_finds_its_points_whoever_hears_of_it_first(town: Town) -> None:
    """The month's allowance was corrected to nothing; that the right is back reaches the rides
    before it reaches the job that corrects allowances."""
    member = town.resident("senior-rides")
    number = town.card(member)
    town.take(*bus(town, number, at(5, 8)))
    long_past = dt.date(2026, 2, 1)
    town.say(member, "registered_city", "taoyuan", to=long_past)
    town.decide_rights(member, on=long_past)
    town.settle()
    with unit_of_work():
        entitlements.grant_month(month=MONTH, member_ids=[member], now=NOW, actor=SYSTEM)
    assert [ride.points for ride in town.rides(member)] == [0]
    assert town.points_left(member) == 0
    town.say(member, "registered_city", "taoyuan", to=dt.date(2027, 1, 1))
    town.settle()  # the fact alone: nobody has decided the right yet
    town.decide_rights(member, on=long_past)
    town.settle()
    assert [ride.points for ride in town.rides(member)] == [9]
    assert town.points_left(member) == 800 - 9


def test_an_unknown_operator_is_a_difference_and_touches_nobody_s_points(town: Town) -> None:
    member = town.resident("senior-rides")
    number = town.card(member)
    town.take(
        *bus(town, number, at(5, 8)),
        town.tap(number, at(6, 8), "whole", operator="ferry-7", charged_ntd=25),
    )
    known, unknown = town.rides(member)
    assert (known.points, unknown.points, unknown.due_micro) == (9, 0, 0)
    assert town.queue(member) == [(Difference.UNKNOWN_TARIFF, -25, 0)]


def test_somebody_else_s_card_and_an_unknown_one_ride_at_the_full_fare(town: Town) -> None:
    number = town.card(None, "general")
    reads = (
        town.tap(number, at(5, 8), "in"),
        town.tap(number, at(5, 9), "out", metres=8_000, charged_ntd=18),
        town.tap("9999999999999999", at(5, 8), "in"),
        town.tap("9999999999999999", at(5, 9), "out", metres=8_000, charged_ntd=18),
    )
    town.take(*reads)
    found = rows("SELECT rider, fare_ntd, stored_ntd, difference_kind FROM fares_ride ORDER BY 1")
    assert len(found) == 2
    assert all(row.rider < 0 for row in found)
    assert [tuple(row[1:]) for row in found] == [(18, 18, 0)] * 2


def test_a_device_that_charges_too_much_is_named(town: Town) -> None:
    member = town.resident("senior-rides")
    number = town.card(member)
    town.take(
        town.tap(number, at(5, 8), "in"),
        town.tap(number, at(5, 9), "out", metres=8_000, charged_ntd=18),
    )
    assert town.queue(member) == [(Difference.TOO_MUCH, -18, 9)]


def test_what_a_till_took_is_not_there_for_rides_whenever_they_are_known(town: Town) -> None:
    """A till's answer is a fact; a ride that happened before it and comes late has what is left."""
    member = town.resident("senior-rides")
    card = town.card(member)
    ride, late = bus(town, card, at(3, 9)), bus(town, card, at(2, 9))
    town.take(*ride)
    [first] = town.rides(member)
    assert first.points > 0
    till = entitlements.AllowanceUse(
        key=fact_key(at(5, 9), "till", member), at=at(5, 9), member_id=member, unit=UNIT,
        category="taxi", points=800 - first.points - 2, into=ledger.partner(code="t", unit=UNIT),
        service="love-taxi",
    )  # fmt: skip
    with unit_of_work(), clock.stopped_at(NOW):
        [used] = entitlements.set_uses(uses=[till], actor=SYSTEM, now=NOW)
    assert (used.points, used.why) == (till.points, "")
    town.take(*late)
    points = {one.boarded_at: one.points for one in town.rides(member)}
    assert sum(points.values()) == first.points + 2
    with clock.stopped_at(NOW):
        [month] = entitlements.machine_allowances(member_ids=[member], month=MONTH)[member]
    assert (month.used, month.left) == (800, 0)
    assert month.at_tills == till.points
