"""Tainan's rules by date, Hsinchu's stations and shops, Chiayi's lane: as their packs have them."""

import pytest

from citycard.fares.values import Ride
from tests.fares.tables import at, city_book, day, priced

# --- Tainan


def tainan_ride(on: str, line: str, *marks: str, hour: str = "09:00", whose: int = 0) -> Ride:
    book = city_book("tainan")
    operator = "hsinying-bus" if line == "黃幹線" else "hsingnan-bus"
    place = book.line(operator=operator, route=line)
    ride = Ride(person=whose, day=day(on), line=place, marks=book.bits(*marks))
    ride = ride._replace(boarded_at=at(f"{on}T{hour}"), alighted_at=at(f"{on}T{hour}") + 1200)
    if line != "黃幹線":
        return ride
    ends = (book.stop(line=place, code="baihe"), book.stop(line=place, code="xinying"))
    return ride._replace(origin=ends[0], destination=ends[1])


@pytest.mark.parametrize(
    ("on", "marks", "owed"),
    [
        ("2013-02-28", (), 0),  # before the tariff there is no fare
        ("2013-03-01", (), 16),  # 42, and the first eight kilometres are free
        ("2015-12-31", ("student",), 16),
        ("2016-01-01", ("student",), 14),  # 85 % of 16 is 13.6
        ("2017-06-30", ("college",), 16),
        ("2017-07-01", ("college",), 8),  # 2017-07-01 to 11-30: half of what is left
        ("2017-11-30", ("college",), 8),
        ("2017-12-01", ("college",), 16),
        ("2016-04-30", ("senior",), 9),  # half of 42.03 is 21.02, up: 22; less the 13 of 8 km
        ("2016-05-01", ("senior",), 0),
        ("2016-05-01", ("disability",), 0),
        ("2016-05-01", ("companion",), 0),
    ],
)
def test_baihe_to_xinying_by_date(on: str, marks: tuple[str, ...], owed: int) -> None:
    """白河－新營 42 元：8 公里免費後 16 元，再依日期與身分。"""
    result = priced(city_book("tainan"), tainan_ride(on, "黃幹線", *marks))
    assert result.fare_ntd[0] == (42 if on >= "2013-03-01" else 0)
    assert result.owed_ntd[0] == owed


@pytest.mark.parametrize(
    ("on", "line", "marks", "owed"),
    [
        ("2015-12-21", "5", (), 18),
        ("2015-12-22", "5", (), 0),  # the 22nd, old
        ("2016-01-22", "5", (), 18),
        ("2015-12-31", "5", ("citizen",), 18),
        ("2016-01-01", "5", ("citizen",), 9),
        ("2019-12-28", "5", ("citizen",), 9),  # a Saturday, not yet free
        ("2020-01-01", "5", ("citizen",), 0),  # a holiday
        ("2020-01-02", "5", ("citizen",), 9),
        ("2020-01-04", "5", ("citizen",), 0),  # a Saturday
        ("2020-02-15", "5", ("citizen",), 9),  # a Saturday that was worked
        ("2020-01-04", "33", ("citizen",), 18),  # not on routes 33 and 61
        ("2020-01-02", "61", ("citizen",), 18),
        ("2020-01-02", "5", (), 18),
        ("2020-01-02", "5", ("child",), 9),
        ("2020-01-02", "5", ("child", "citizen"), 9),  # one of the two halves
        ("2017-08-01", "5", ("college",), 9),
    ],
)
def test_a_section_of_a_tainan_city_bus_by_date(
    on: str, line: str, marks: tuple[str, ...], owed: int
) -> None:
    """市區公車 18 元：每月 22 日免費、2016 年起半價、2020 年起假日免費（33、61 路除外）。"""
    assert priced(city_book("tainan"), tainan_ride(on, line, *marks)).owed_ntd[0] == owed


@pytest.mark.parametrize(
    ("on", "later", "owed"),
    [
        ("2015-06-01", "11:20", 9),  # two hours from the end of the first: NT$9 off
        ("2015-06-01", "11:21", 18),
        ("2018-06-01", "13:20", 0),  # four hours: a section free
        ("2018-06-01", "13:21", 18),
        ("2020-06-01", "09:30", 18),  # until the end of 2019
    ],
)
def test_a_transfer_in_tainan_by_date(on: str, later: str, owed: int) -> None:
    book = city_book("tainan")
    first, second = tainan_ride(on, "5"), tainan_ride(on, "6", hour=later)
    assert priced(book, first, second).owed_ntd[1] == owed


def test_a_train_before_a_tainan_bus_counts_and_a_bus_before_a_train_does_not() -> None:
    """臺鐵轉公車可、公車轉臺鐵不可。"""
    book = city_book("tainan")
    bus = tainan_ride("2015-06-01", "5", hour="10:00")
    train = bus._replace(
        line=book.line(operator="tra"), told_ntd=30, boarded_at=at("2015-06-01T09:00")
    )
    train = train._replace(alighted_at=at("2015-06-01T09:30"))
    assert priced(book, train, bus).owed_ntd.tolist() == [30, 9]
    after = train._replace(boarded_at=at("2015-06-01T11:00"), alighted_at=at("2015-06-01T11:30"))
    assert priced(book, bus, after).owed_ntd.tolist() == [18, 30]


def test_the_first_section_of_a_tainan_day() -> None:
    """首段 9 元、當日其餘免費。"""
    rides = [tainan_ride("2022-01-03", "5", "citizen", hour=f"{hour}:00") for hour in (10, 12, 15)]
    assert priced(city_book("tainan"), *rides).owed_ntd.tolist() == [9, 0, 0]


# --- Hsinchu


@pytest.mark.parametrize(
    ("on", "route", "ends", "points"),
    [
        ("2025-07-31", "縱貫線", ("hsinchu", "zhubei"), 0),
        ("2025-08-01", "縱貫線", ("hsinchu", "zhubei"), 200),
        ("2025-08-01", "縱貫線", ("hsinchu", ""), 200),  # one end is enough
        ("2025-08-01", "縱貫線", ("", "xiangshan"), 200),
        ("2025-08-01", "縱貫線", ("", ""), 0),
        ("2025-08-01", "太魯閣", ("", ""), 0),
    ],
)
def test_hsinchu_trains_have_no_limit_with_one_end_there(
    on: str, route: str, ends: tuple[str, str], points: int
) -> None:
    book = city_book("hsinchu")
    line = book.line(operator="tra", route=route)
    origin, destination = (book.stop(line=line, code=code) for code in ends)
    ride = Ride(
        day=day(on), line=line, origin=origin, destination=destination,
        told_ntd=400, marks=book.bits("senior"), points_open=600,
    )  # fmt: skip
    result = priced(book, ride)
    assert (result.owed_ntd[0], result.points[0]) == (200, points)


@pytest.mark.parametrize(
    ("on", "points"),
    [("2022-12-31", 0), ("2023-01-01", 100), ("2025-10-31", 100), ("2025-11-01", 150)],
)
def test_hsinchu_shops_take_a_part_of_the_month(on: str, points: int) -> None:
    """農會及藥局：每月 100 點，2025-11-01 起 200 點；逾額由儲值金支付。"""
    book = city_book("hsinchu")
    use = Ride(
        day=day(on), line=book.line(operator="farmers"), told_ntd=150,
        marks=book.bits("disability"), points_open=800,
    )  # fmt: skip
    result = priced(book, use)
    assert (result.points[0], result.stored_ntd[0]) == (points, 150 - points)
    again = priced(book, use, use._replace(line=book.line(operator="pharmacies")))
    assert again.points.sum() == (200 if points == 150 else points)


# --- Chiayi


@pytest.mark.parametrize(
    ("on", "route", "ends", "points"),
    [
        ("2023-06-30", "welfare-lane", ("chiayi", ""), 0),
        ("2023-07-01", "welfare-lane", ("chiayi", ""), 20),
        ("2023-07-01", "welfare-lane", ("", "nanjing"), 20),
        ("2023-07-01", "welfare-lane", ("", ""), 0),
        ("2023-07-01", "", ("", ""), 0),  # another lane
    ],
)
def test_chiayi_trains_take_twenty_points_at_the_lane(
    on: str, route: str, ends: tuple[str, str], points: int
) -> None:
    book = city_book("chiayi")
    line = book.line(operator="tra-lane" if route else "tra", route=route)
    origin, destination = (book.stop(line=line, code=code) for code in ends)
    ride = Ride(
        day=day(on), line=line, origin=origin, destination=destination,
        told_ntd=100, marks=book.bits("senior"), points_open=1200, purse_ntd=300,
    )  # fmt: skip
    result = priced(book, ride)
    assert (result.points[0], result.stored_ntd[0]) == (points, 50 - points)


def test_chiayi_buses_take_the_whole_fare() -> None:
    book = city_book("chiayi")
    ride = Ride(
        day=day("2014-01-09"), line=book.line(operator="chiayi-bus"), told_ntd=24,
        marks=book.bits("disability"), points_open=1200,
    )  # fmt: skip
    assert priced(book, ride).points.tolist() == [12]
