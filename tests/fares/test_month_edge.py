"""Who changes vehicles within the pack's time gets the discount, whatever the calendar says."""

import datetime as dt
import itertools

import pytest

from citycard.fares import api as fares
from citycard.fares.book import Book
from citycard.fares.clock import Span
from citycard.flows import explaining
from citycard.infra.packs import (
    PackError,
    current_pack,
    find_pack,
    instead_of_the_citys,
    proposed,
)
from citycard.taps import api as taps
from tests.fares.riding_town import MONTH, Town, at

pytestmark = pytest.mark.django_db
APRIL = dt.date(2026, 4, 1)
MORNING = dt.datetime(2026, 4, 1, 2, tzinfo=dt.UTC)
MINUTES = dt.timedelta(minutes=1)
METRO = {"operator": "airport-metro", "route": ""}


@pytest.fixture(autouse=True)
def _taoyuan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_CITY", "taoyuan")


@pytest.fixture
def town(db: None) -> Town:
    return Town()


def metro(town: Town, number: str, when: dt.datetime) -> list[taps.TapRead]:
    """A ride of twenty minutes on the airport metro."""
    return [
        town.tap(number, when, "in", **METRO),
        town.tap(number, when + 20 * MINUTES, "out", fare_ntd=35, charged_ntd=35, **METRO),
    ]


def bus(town: Town, number: str, when: dt.datetime, charged: int = 9) -> list[taps.TapRead]:
    """A ride of one section: NT$18, and NT$9 for who comes from the metro."""
    return [
        town.tap(number, when, "in"),
        town.tap(number, when + 20 * MINUTES, "out", metres=8_000, charged_ntd=charged),
    ]


def rider(town: Town) -> tuple[int, str]:
    member = town.resident(born=dt.date(1980, 5, 5))
    return member, town.card(member, "general")


def fares_of(town: Town, member: int) -> list[tuple[int, str]]:
    return [
        (ride.stored_ntd, ride.reason)
        for month in (MONTH, APRIL)
        for ride in town.rides(member, month)
    ]


NEW_YEARS_EVE = [(35, "full"), (9, "metro-transfer")]


def test_a_transfer_over_the_month_s_end_is_one(town: Town) -> None:
    member, number = rider(town)
    town.take(*metro(town, number, at(31, 23, 30)), *bus(town, number, at(1, 0, 10, month=4)))
    assert fares_of(town, member) == NEW_YEARS_EVE
    assert [ride.difference_micro for ride in town.rides(member, APRIL)] == [0]
    assert fares.verify() == []


def test_it_is_one_in_whichever_order_the_taps_arrive(town: Town) -> None:
    """Each tap by itself, and every order of them: the earlier month's last corrects the later."""
    for order in itertools.permutations(range(4)):
        member, number = rider(town)
        reads = [*metro(town, number, at(31, 23, 30)), *bus(town, number, at(1, 0, 10, month=4))]
        for place in order:
            town.take(reads[place])
        assert fares_of(town, member) == NEW_YEARS_EVE, order
    assert fares.verify() == []


def test_a_ride_over_midnight_gives_its_transfer_too(town: Town) -> None:
    member, number = rider(town)
    town.take(*bus(town, number, at(1, 1, 0, month=4), charged=18))
    assert fares_of(town, member) == [(18, "full")]
    town.take(*metro(town, number, at(31, 23, 50)))  # it ends after midnight, and came late
    assert fares_of(town, member) == NEW_YEARS_EVE
    [ride] = town.rides(member, APRIL)
    assert ride.difference_micro == -9_000_000  # to be given back
    assert [amount for _, amount, _ in town.queue(member)] == [-9]
    assert fares.verify() == []


def test_what_lies_longer_back_gives_none(town: Town) -> None:
    member, number = rider(town)
    town.take(*metro(town, number, at(31, 22, 0)), *bus(town, number, at(1, 0, 21, month=4)))
    assert fares_of(town, member) == [(35, "full"), (18, "full")]


def test_a_card_found_to_be_another_s_corrects_both_months(town: Town) -> None:
    """The metro ride was made on a second card of the same person, which is learnt afterwards."""
    member, number = rider(town)
    second = town.card(None, "general")
    town.take(*metro(town, second, at(31, 23, 30)), *bus(town, number, at(1, 0, 10, month=4)))
    assert fares_of(town, member) == [(18, "full")]
    town.bind(second, member, at_=at(31, 12))
    town.settle()
    assert fares_of(town, member) == NEW_YEARS_EVE


def test_deciding_again_changes_nothing_and_the_reason_is_explained(town: Town) -> None:
    member, number = rider(town)
    town.take(*metro(town, number, at(31, 23, 30)), *bus(town, number, at(1, 0, 10, month=4)))
    before = town.counts()
    town.decide_again([member])
    assert town.counts() == before
    for month in (MONTH, APRIL):
        assert fares.unexplained(month=month, riders=[member], grants=explaining.grants) == 0


def test_a_first_ride_of_the_service_day_may_be_last_month_s() -> None:
    """A night bus belongs to the day that it started, over a month's end as over any midnight."""
    pack = find_pack("tainan")
    book = fares.book(pack=pack)
    line, citizen = book.line(operator="hsingnan-bus", route="5"), book.bits("citizen")
    day = (dt.date(2026, 3, 31) - dt.date(1970, 1, 1)).days

    def section(hour: int, before: int) -> fares.Ride:
        boarded = day * 86_400 + (hour - 8) * 3_600
        return fares.Ride(
            boarded_at=boarded, alighted_at=boarded + 1_200, day=day, line=line, marks=citizen,
            metres=2_000, before=before,
        )  # fmt: skip

    rides = fares.RideColumns.of([section(23, 1), section(25, 0)])
    yesterday, tonight = fares.price(book=book, rides=rides).owed_ntd.tolist()
    assert (yesterday, tonight) == (0, 0)
    alone = fares.price(book=book, rides=rides.take([1])).owed_ntd.tolist()
    assert alone == [9]
    assert Span.of(APRIL, pack.time, book.back_s).since == at(31, 4)


def test_who_asks_for_nothing_before_reads_nothing_before() -> None:
    book: Book = fares.book(pack=find_pack("taichung"))
    span = Span.of(APRIL, current_pack().time, book.back_s)
    assert (book.back_s, span.since) == (None, span.start)


SHORT = "modes: {bus: {longest_ride_minutes: 15}}"


def test_how_long_a_ride_may_last_is_the_pack_s(town: Town) -> None:
    """The bus ride takes twenty minutes, and so does the one on the metro."""
    member, number = rider(town)
    town.take(*metro(town, number, at(5, 8)), *bus(town, number, at(6, 8)))
    short = proposed(city=find_pack("taoyuan"), changes={"fares": SHORT})
    with instead_of_the_citys(short):
        town.decide_again([member])
        assert [ride.reason for ride in town.rides(member)] == ["full", "locked", "full"]
    town.decide_again([member])
    assert [ride.reason for ride in town.rides(member)] == ["full", "full"]


def test_a_pack_s_longest_ride_is_a_whole_day_at_most() -> None:
    with pytest.raises(PackError, match="longest_ride_minutes"):
        proposed(city=find_pack("taoyuan"), changes={"fares": SHORT.replace("15", "1500")})
