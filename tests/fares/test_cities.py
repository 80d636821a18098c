"""What the cities' own packs say, in examples that people were told."""

import pytest

from citycard.fares.values import NONE, Ride
from tests.fares.tables import city_book, day, priced


def ride(city: str, on: str, operator: str, *marks: str, route: str = "", **more: int) -> Ride:
    book = city_book(city)
    line = book.line(operator=operator, route=route)
    assert line != NONE
    return Ride(day=day(on), line=line, marks=book.bits(*marks), points_open=600)._replace(**more)


@pytest.mark.parametrize(("on", "points"), [("2026-01-31", 30), ("2026-02-01", 150)])
def test_new_taipei_train_164_of_which_150_are_points(on: str, points: int) -> None:
    """敬老票 164 元（全票 328 元之半）：150 點、自付 14 元；2026-02-01 前 30 點。"""
    result = priced(city_book("newtaipei"), ride("newtaipei", on, "tra", "senior", told_ntd=328))
    assert (result.owed_ntd[0], result.points[0]) == (164, points)
    assert result.stored_ntd[0] == 164 - points


@pytest.mark.parametrize(("on", "points", "stored"), [("2026-01-02", 0, 8), ("2026-01-03", 7, 1)])
def test_taipei_bus_8_with_7_points_left(on: str, points: int, stored: int) -> None:
    bus = ride("taipei", on, "city-bus", "senior", route="287", points_open=7)
    result = priced(city_book("taipei"), bus)
    assert (result.sections[0], result.due_micro[0]) == (1, 17_395_600)
    assert (result.points[0], result.stored_ntd[0]) == (points, stored)


def test_taipei_two_sections_by_the_fare_that_a_device_told() -> None:
    bus = ride("taipei", "2026-03-02", "city-bus", route="287", told_ntd=30)
    student = bus._replace(person=1, marks=city_book("taipei").bits("student"))
    result = priced(city_book("taipei"), bus, student)
    assert result.owed_ntd.tolist() == [30, 24]
    assert result.due_micro.tolist() == [34_791_200] * 2


@pytest.mark.parametrize(
    ("on", "fare", "points"),
    [
        ("2017-12-31", 100, 16),  # 2 sections
        ("2017-12-31", 101, 32),  # 4 sections
        ("2023-03-31", 200, 50),
        ("2023-04-01", 200, 65),
        ("2026-01-31", 200, 65),
        ("2026-02-01", 200, 85),
        ("2026-02-01", 70, 70),
    ],
)
def test_taipei_taxi_from_sections_to_caps(on: str, fare: int, points: int) -> None:
    taxi = ride("taipei", on, "taxi", "senior", told_ntd=fare)
    assert priced(city_book("taipei"), taxi).points[0] == points


@pytest.mark.parametrize(
    ("date", "points"),
    [("2026-01-31", 65), ("2026-02-01", 85)],  # before and after midnight of one service day
)
def test_taipei_taxi_at_night_goes_by_the_calendar_as_the_allowance_does(
    date: str, points: int
) -> None:
    taxi = ride("taipei", "2026-01-31", "taxi", "senior", told_ntd=200, date=day(date))
    assert priced(city_book("taipei"), taxi).points[0] == points


@pytest.mark.parametrize(("full", "senior"), [(20, 8), (25, 10)])
def test_ankeng_light_rail_20_to_8_and_25_to_10(full: int, senior: int) -> None:
    told = ride("taipei", "2026-03-02", "light-rail", "senior", told_ntd=full)
    assert priced(city_book("taipei"), told).owed_ntd[0] == senior


def test_tainan_baihe_to_xinying_42_becomes_16() -> None:
    book = city_book("tainan")
    line = book.line(operator="hsinying-bus", route="黃幹線")
    ends = [book.stop(line=line, code=code) for code in ("baihe", "xinying")]
    bus = Ride(day=day("2018-03-02"), line=line, origin=ends[0], destination=ends[1])
    welfare = bus._replace(person=1, marks=book.bits("senior"))
    result = priced(book, bus, welfare)
    assert result.fare_ntd.tolist() == [42, 42]
    assert result.owed_ntd.tolist() == [16, 0]


@pytest.mark.parametrize(
    ("on", "route", "owed"),
    [
        ("2019-06-03", "2", 9),
        ("2020-01-02", "2", 9),  # a Thursday
        ("2020-01-04", "2", 0),  # a Saturday
        ("2020-01-04", "33", 18),
        ("2014-03-22", "2", 0),  # the 22nd
    ],
)
def test_tainan_city_buses_with_the_citizen_card(on: str, route: str, owed: int) -> None:
    bus = ride("tainan", on, "hsingnan-bus", "citizen", route=route)
    assert priced(city_book("tainan"), bus).owed_ntd[0] == owed


def test_hsinchu_shops_get_200_of_800_from_november_2025() -> None:
    for on, points in (("2025-10-31", 100), ("2025-11-01", 200)):
        use = ride("hsinchu", on, "farmers", "senior", told_ntd=150, points_open=800)
        assert priced(city_book("hsinchu"), use, use).points.sum() == points


def test_hsinchu_trains_without_a_cap_where_one_end_is_in_hsinchu() -> None:
    book = city_book("hsinchu")
    train = ride("hsinchu", "2025-08-01", "tra", "senior", told_ntd=700)
    here = book.stop(line=train.line, code="hsinchu")
    taroko = ride("hsinchu", "2025-08-01", "tra", "senior", route="太魯閣", told_ntd=700)
    rides = [train._replace(origin=here), train._replace(person=1), taroko._replace(person=2)]
    assert priced(book, *rides).points.tolist() == [350, 0, 0]


@pytest.mark.parametrize(("on", "points"), [("2023-06-30", 0), ("2023-07-01", 20)])
def test_chiayi_20_points_at_six_stations(on: str, points: int) -> None:
    book = city_book("chiayi")
    train = ride("chiayi", on, "tra-lane", "senior", told_ntd=100)
    here = book.stop(line=train.line, code="minxiong")
    assert priced(book, train._replace(destination=here)).points[0] == points
