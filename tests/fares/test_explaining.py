"""A fare says its steps by being priced again."""

import re

import pytest

from citycard.fares.explaining import explain_ride
from citycard.fares.pricing import price
from citycard.fares.values import Ended, Explained, Ride, RideColumns
from tests.fares.tables import city_book, day

TODAY = day("2026-03-02")


def steps(city: str, *rides: Ride) -> dict[str, Explained]:
    book = city_book(city)
    told = explain_ride(book=book, rides=RideColumns.of(rides), row=len(rides) - 1)
    assert all(re.search("[一-鿿]", each.zh) and not re.search("[一-鿿]", each.en) for each in told)
    assert not [each for each in told if "{" in each.zh + each.en or str(-(2**62)) in each.zh]
    return {each.code: each for each in told}


def resident_206(**more: int) -> Ride:
    book = city_book("taichung")
    line = book.line(operator="fengyuan-bus", route="206")
    ends = [book.stop(line=line, code=code) for code in ("TXG6693", "TXG7073")]
    ride = Ride(day=TODAY, line=line, origin=ends[0], destination=ends[1])
    return ride._replace(marks=book.bits("resident"), **more)


def test_a_wrongly_charged_resident_sees_why() -> None:
    told = steps("taichung", resident_206(charged_ntd=33))
    applied = [code for code in told if not code.startswith("not.")]
    assert applied == ["full", "ten-km-bound", "ten-cap-bound", "stored_value", "difference"]
    assert "14.823 公里" in told["full"].zh
    assert "37.836448 元，四捨五入為 38 元" in told["full"].zh
    assert told["full"].figures["fare"] == 38
    assert "“Free kilometres” pays NT$26" in told["ten-km-bound"].en
    assert told["ten-cap-bound"].figures["after"] == 10
    assert "比規則多收 23 元" in told["difference"].zh
    assert all(each.source for code, each in told.items() if code != "difference")


def test_what_was_not_applied_says_whom_it_is_for() -> None:
    told = steps("taichung", resident_206()._replace(marks=0))
    assert "已綁定之市民卡" in told["not.ten-km-bound"].zh
    assert "not.e-ticket" not in told
    assert (
        "Bound resident card has another concession"
        in steps("taichung", resident_206())["not.e-ticket"].en
    )


def test_points_left_are_what_earlier_rides_left() -> None:
    book = city_book("taoyuan")
    ride = Ride(day=TODAY, line=book.line(operator="love-taxi"), told_ntd=150, points_open=100)
    ride = ride._replace(marks=book.bits("disability"))
    told = steps("taoyuan", ride, ride)
    assert told["points"].figures == {"asked": 72, "left": 28, "points": 28}
    assert told["stored_value"].figures["stored"] == 122


def test_the_purse_s_part_and_cash() -> None:
    told = steps("taichung", resident_206(purse_ntd=-5, medium=0))
    assert "stored_value" not in told
    assert told["cash"].figures["cash"] == 10


@pytest.mark.parametrize(
    ("ended", "code"), [(Ended.MISSING_CHARGED, "missing"), (Ended.MISSING_LOCKED, "locked")]
)
def test_a_ride_without_a_tap_out(ended: Ended, code: str) -> None:
    assert code in steps("taichung", resident_206(ended=ended))


def test_a_ride_without_a_fare_says_so() -> None:
    book = city_book("taichung")
    unknown = Ride(day=TODAY, line=book.line(operator="city-bus", route="1"))
    assert list(steps("taichung", unknown)) == ["unpriced"]


def test_every_row_explains_to_what_was_priced() -> None:
    """Explaining is pricing again: the last amount that a step names is the one owed."""
    book = city_book("taoyuan")
    bus, metro = book.line(operator="taoyuan-bus"), book.line(operator="airport-metro")
    marks = book.bits("citizen", "secondary")
    rides = [
        Ride(
            person=i // 6,
            day=TODAY,
            boarded_at=i * 1800,
            alighted_at=i * 1800 + 900,
            line=metro if i % 3 == 0 else bus,
            metres=i * 1100,
            told_ntd=30,
            marks=marks,
        )
        for i in range(24)
    ]
    columns = RideColumns.of(rides)
    result = price(book=book, rides=columns)
    for row in range(len(rides)):
        told = explain_ride(book=book, rides=columns, row=row)
        fares = [
            each.figures.get("after", each.figures.get("fare")) for each in told if each.figures
        ]
        amounts = [fare for fare in fares if fare is not None]
        assert amounts[-1] == result.owed_ntd[row]
