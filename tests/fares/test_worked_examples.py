"""Fares that sources print, each worked out by hand."""

import datetime as dt
from typing import Any

import pytest

from citycard.fares.book import Book
from citycard.fares.values import MICRO, NONE, Ended, Ride
from tests.fares.tables import START, at, city_book, day, priced, read, table

TODAY = day("2026-03-02")
SENIOR = {"who": ["senior"], "modes": ["bus"], "category": "bus"}


def rows(*each: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"from": START} | row for row in each]


# --- points


def test_new_taipei_164_with_a_cap_of_150_leaves_14() -> None:
    """新北市臺鐵敬老票價 164 元，每趟上限 150 點，自付 14 元（2026-02-01 前上限 30 點）。"""
    caps = rows({"cap": 30}, {"from": dt.date(2026, 2, 1), "cap": 150})
    rule = {"modes": ["metro"], "who": ["senior"], "category": "tra", "rows": caps}
    book = read(table(points={"rules": {"tra": rule}}))
    ride = Ride(line=book.line(operator="metro"), told_ntd=164, marks=book.bits("senior"))
    before, after = day("2026-01-31"), day("2026-02-01")
    result = priced(
        book,
        ride._replace(day=before, points_open=600),
        ride._replace(person=1, day=after, points_open=600),
    )
    assert result.points.tolist() == [30, 150]
    assert result.stored_ntd.tolist() == [134, 14]


@pytest.mark.parametrize(
    ("on", "points", "stored"),
    [("2026-01-02", 0, 8), ("2026-01-03", 7, 1)],  # 餘點扣盡 from 3 January 2026
)
def test_taipei_last_points_pay_their_part_from_a_day_on(on: str, points: int, stored: int) -> None:
    """公車 8 元、剩 7 點：扣 7 點加儲值金 1 元；此日之前不足即不扣點。"""
    book = read(
        table(
            concessions={"senior": {"who": ["senior"], "cap_ntd": 8}},
            points={
                "rules": {"bus": SENIOR | {"rows": rows({"all": True})}},
                "partial": rows({"use": False}, {"from": dt.date(2026, 1, 3), "use": True}),
            },
        )
    )
    ride = Ride(line=book.line(operator="bus"), day=day(on), marks=book.bits("senior"))
    result = priced(book, ride._replace(points_open=7))
    assert (result.points[0], result.stored_ntd[0]) == (points, stored)


@pytest.mark.parametrize(
    ("on", "sections", "left", "points", "stored"),
    [
        ("2026-01-02", 1, 7, 0, 8),  # 餘點不足不扣
        ("2026-01-03", 1, 7, 7, 1),  # 餘點扣盡
        ("2026-01-02", 2, 30, 16, 0),
        ("2026-01-03", 2, 30, 16, 0),
    ],
)
@pytest.mark.parametrize("mark", ["senior", "disability"])
def test_taipei_buses_take_eight_points_a_section_as_the_right_says(
    mark: str, on: str, sections: int, left: int, points: int, stored: int
) -> None:
    """每段次 8 點，何時起餘點扣盡：只寫在敬老、愛心之規定。"""
    book = city_book("taipei")
    line = book.line(operator="city-bus", route="287")
    ends = ("wufen", "dazhi") if sections == 1 else ("wufen", "zhongshan-market")
    origin, destination = (book.stop(line=line, code=code) for code in ends)
    ride = Ride(
        line=line, day=day(on), marks=book.bits(mark), origin=origin, destination=destination,
        points_open=left,
    )  # fmt: skip
    result = priced(book, ride)
    assert result.sections.tolist() == [sections]
    assert (result.points[0], result.stored_ntd[0]) == (points, stored)


def test_taipei_registration_at_a_clinic_takes_fifty_points_as_the_right_says() -> None:
    """掛號費每次扣 50 點：只寫在敬老、愛心之規定。"""
    book = city_book("taipei")
    line = book.line(operator="clinics")
    visit = Ride(line=line, marks=book.bits("senior"), told_ntd=80, points_open=400)
    before, after = (visit._replace(day=day(on)) for on in ("2025-12-31", "2026-01-01"))
    result = priced(book, before, after._replace(person=1), after._replace(person=2, told_ntd=40))
    assert result.points.tolist() == [0, 50, 40]


def test_hsinchu_county_points_then_stored_value_then_cash() -> None:
    """餘 10 點、票價 25：扣 10 點加儲值金，不足再付現金。"""
    book = read(
        table(
            tariff={"kind": "flat", "ntd": 25},
            points={"rules": {"bus": SENIOR | {"rows": rows({"all": True})}}},
        )
    )
    ride = Ride(
        day=TODAY, line=book.line(operator="bus"), marks=book.bits("senior"), points_open=10
    )
    rich, poor, below = (
        ride._replace(person=i, purse_ntd=purse) for i, purse in enumerate((100, -3, 8))
    )
    result = priced(book, rich, poor, below._replace(medium=0))
    assert result.points.tolist() == [10, 10, 10]
    assert result.stored_ntd.tolist() == [15, 0, 15]  # 8 may go down to -7, -3 may not go further
    assert result.cash_ntd.tolist() == [0, 15, 0]


def test_the_purse_goes_below_zero_as_far_as_its_issuer_lets_it() -> None:
    book = read(table(tariff={"kind": "flat", "ntd": 100}))
    ride = Ride(day=TODAY, line=book.line(operator="bus"), medium=0)
    result = priced(
        book, *(ride._replace(person=i, purse_ntd=p) for i, p in enumerate((50, 40, 39, 0)))
    )
    assert result.stored_ntd.tolist() == [100, 100, 99, 60]
    assert result.cash_ntd.tolist() == [0, 0, 1, 40]


def test_hsinchu_a_part_of_the_month_is_for_shops() -> None:
    """每月 800 點中，農會商店與藥局至多 200 點。"""
    shop = {"modes": ["other"], "who": ["senior"], "category": "shop", "rows": rows({"all": True})}
    limits = {
        "shops": {
            "on": ["shop"],
            "each_month": rows({"amount": 100}, {"from": dt.date(2025, 11, 1), "amount": 200}),
        }
    }
    book = read(table(points={"rules": {"shop": shop}}), limits=limits)
    use = Ride(
        line=book.line(operator="any"), marks=book.bits("senior"), points_open=800, told_ntd=150
    )
    old, new = day("2025-10-31"), day("2025-11-01")
    result = priced(
        book,
        use._replace(day=old),
        use._replace(day=old),
        *(use._replace(person=1, day=new) for _ in range(3)),
    )
    assert result.points.tolist() == [100, 0, 150, 50, 0]
    assert result.stored_ntd.tolist() == [50, 150, 0, 100, 150]


@pytest.mark.parametrize(
    ("fare", "points"), [(20, 20), (36, 36), (37, 36), (99, 36), (100, 36), (101, 72), (300, 72)]
)
def test_taoyuan_love_taxi_36_up_to_100_and_72_above(fare: int, points: int) -> None:
    """愛心計程車：100 元以下 36 點，101 元以上 72 點；不超過車資。"""
    book = city_book("taoyuan")
    ride = Ride(
        day=day("2017-01-03"),
        line=book.line(operator="love-taxi"),
        told_ntd=fare,
        marks=book.bits("disability"),
        points_open=800,
    )
    result = priced(book, ride, ride._replace(person=1, points_open=30))
    assert result.points.tolist() == [points, min(points, 30)]


def test_the_other_account_for_the_love_taxi_leaves_the_allowance_alone() -> None:
    rule = {"modes": ["metro"], "who": ["senior"], "category": "taxi", "account": "city"}
    steps = [{"fare_up_to": 100, "points": 36}, {"fare_above": 100, "points": 72}]
    book = read(table(points={"rules": {"taxi": rule | {"rows": rows({"steps": steps})}}}))
    ride = Ride(
        day=TODAY, line=book.line(operator="metro"), told_ntd=120, marks=book.bits("senior")
    )
    result = priced(book, ride)
    assert (result.points[0], result.owed_ntd[0], result.subsidies_micro[1, 0]) == (
        0,
        48,
        72 * MICRO,
    )


@pytest.mark.parametrize(
    ("city", "operator", "on", "points"),
    [
        ("taoyuan", "tra", "2025-12-31", 30),
        ("taoyuan", "tra", "2026-01-01", 70),
        ("taichung", "taxi", "2020-12-31", 50),
        ("taichung", "taxi", "2021-01-01", 85),
    ],
)
def test_caps_a_trip_are_dated(city: str, operator: str, on: str, points: int) -> None:
    book = city_book(city)
    line, marks = book.line(operator=operator), book.bits("senior")
    ride = Ride(day=day(on), line=line, told_ntd=400, marks=marks, points_open=800)
    assert priced(book, ride).points[0] == points


# --- section fares and buffer zones

STOPS_287 = [  # 287 between 東湖 and the city; the buffer zone reaches from 美麗華 to 北美館
    ("東湖國小", [1]),
    ("五分社區", [1]),
    ("忠三街口", [1]),
    ("美麗華", [1, 2]),
    ("捷運大直站", [1, 2]),
    ("北美館", [1, 2]),
    ("中山市場", [2]),
]


@pytest.fixture(scope="module")
def route_287() -> Book:
    stops = [{"stop": name, "name": name, "sections": zone} for name, zone in STOPS_287]
    route = {"route": "287", "class": "bus", "source": "N36", "stops": [stops]}
    return read(
        table(
            tariff={"kind": "sections", "ntd": 15, "cost_ntd": 17.3956, "fund": "city"},
            concessions={
                "student": {"who": ["student"], "per_section_ntd": 12},
                "senior": {"who": ["senior"], "per_section_ntd": 8},
            },
            routes={"r-287": route},
        )
    )


@pytest.mark.parametrize(
    ("origin", "destination", "sections"),
    [
        ("東湖國小", "北美館", 1),
        ("中山市場", "五分社區", 2),
        ("捷運大直站", "忠三街口", 1),
        ("東湖國小", "中山市場", 2),
        ("美麗華", "中山市場", 1),
        ("美麗華", "北美館", 1),
    ],
)
def test_taipei_route_287_and_its_buffer_zone(
    route_287: Book, origin: str, destination: str, sections: int
) -> None:
    line = route_287.line(operator="bus", route="287")
    ends = [route_287.stop(line=line, code=name) for name in (origin, destination)]
    ride = Ride(day=TODAY, line=line, origin=ends[0], destination=ends[1])
    back = ride._replace(person=1, origin=ends[1], destination=ends[0])
    student = ride._replace(person=2, marks=route_287.bits("student"))
    senior = ride._replace(person=3, marks=route_287.bits("senior"))
    result = priced(route_287, ride, back, student, senior)
    assert result.sections.tolist() == [sections] * 4
    assert result.owed_ntd.tolist() == [15 * sections, 15 * sections, 12 * sections, 8 * sections]
    # the operator is due the true cost of every section, whoever rides
    assert result.due_micro.tolist() == [17_395_600 * sections] * 4


# --- metro bands


@pytest.mark.parametrize(
    ("km", "full", "senior"),
    [
        (5, 20, 8),
        (5.001, 25, 10),
        (8, 25, 10),
        (19.5, 45, 18),
        (20, 45, 18),
        (31, 60, 24),
        (31.001, 65, 26),
    ],
)
def test_taipei_metro_by_distance(km: float, full: int, senior: int) -> None:
    """5、8、11 … 31 公里為級距；敬老 4 折。"""
    book = city_book("taoyuan")
    ride = Ride(day=TODAY, line=book.line(operator="taipei-metro"), metres=round(km * 1000))
    marks = book.bits("senior")
    result = priced(book, ride, ride._replace(person=1, marks=marks))
    assert result.fare_ntd.tolist() == [full, full]
    assert result.owed_ntd.tolist() == [full, senior]


def test_taipei_metro_45_27_18() -> None:
    """後山埤—土城：全票 45、臺北市兒童 6 折 27、敬老 4 折 18。"""
    shares = {
        "child": {"who": ["student"], "percent": 60, "of": "fare", "rounding": "nearest"},
        "senior": {"who": ["senior"], "percent": 40, "of": "fare", "rounding": "nearest"},
    }
    book = read(table(concessions=shares))
    ride = Ride(day=TODAY, line=book.line(operator="metro"), told_ntd=45)
    child, senior = book.bits("student"), book.bits("senior")
    result = priced(book, ride, ride._replace(marks=child), ride._replace(marks=senior))
    assert result.owed_ntd.tolist() == [45, 27, 18]


# --- distance fares


def taichung(metres: int, *marks: str, on: int = TODAY) -> int:
    book = city_book("taichung")
    line = book.line(operator="city-bus", route="300")
    return int(
        priced(book, Ride(day=on, line=line, metres=metres, marks=book.bits(*marks))).owed_ntd[0]
    )


def test_taichung_city_bus_20_and_11_at_8_km_26_at_10_km() -> None:
    book = city_book("taichung")
    line = book.line(operator="city-bus", route="300")
    result = priced(
        book, Ride(day=TODAY, line=line, metres=8000), Ride(day=TODAY, line=line, metres=10_000)
    )
    assert result.fare_ntd.tolist() == [20, 26]
    assert taichung(8000, "child") == 11
    assert taichung(8000) == 15  # 刷卡減 5 元


def test_taichung_intercity_24_and_12_at_8_km() -> None:
    book = city_book("taichung")
    line = book.line(operator="intercity-bus", route="6187")
    ride = Ride(day=TODAY, line=line, metres=8000)
    assert priced(book, ride, ride._replace(marks=book.bits("senior"))).owed_ntd.tolist() == [
        24,
        12,
    ]


@pytest.mark.parametrize(
    ("metres", "owed"),
    [
        (300, 0),
        (10_000, 0),
        (10_001, 0),
        (10_381, 0),
        (10_382, 1),
        (13_907, 9),
        (13_908, 10),
        (30_000, 10),
    ],
)
def test_taichung_resident_rides_10_km_free_and_pays_10_at_most(metres: int, owed: int) -> None:
    """雙十公車：min(10, max(0, 票價 − 26))。"""
    assert taichung(metres, "resident") == owed


def test_beyond_the_free_distance_the_whole_fare_may_be_owed_instead() -> None:
    """The other reading: from 10.001 km on the whole fare, capped."""
    book = read(
        table(
            tariff={"kind": "distance", "base_km": 8, "per_km_ntd": 2.55255, "rounding": "nearest"},
            concessions={"free": {"free_km": 10, "beyond": "whole"}, "cap": {"cap_ntd": 10}},
        )
    )
    ride = Ride(day=TODAY, line=book.line(operator="bus"))
    result = priced(book, ride._replace(metres=10_000), ride._replace(metres=10_001))
    assert result.owed_ntd.tolist() == [0, 10]


def test_taichung_everybody_until_the_end_of_2020_bound_cards_from_2021() -> None:
    last, first = day("2020-12-31"), day("2021-01-01")
    assert taichung(14_000, on=last) == taichung(14_000, "resident", on=first) == 10
    assert taichung(14_000, on=first) == 36 - 5


def tainan(**concessions: dict[str, Any]) -> Book:
    trunk = {
        "kind": "distance",
        "base_km": 8,
        "per_km_ntd": 3.068,
        "minimum_ntd": 26,
        "rounding": "nearest",
    }
    return read(table(tariff=trunk, concessions=concessions))


def test_tainan_42_becomes_16() -> None:
    """白河—新營 42 元，8 公里免費後 16 元。"""
    book = tainan(free={"free_km": 8, "beyond": "difference"})
    ride = Ride(day=TODAY, line=book.line(operator="bus"), metres=13_690)
    result = priced(book, ride)
    assert (result.fare_ntd[0], result.owed_ntd[0]) == (42, 16)


def test_tainan_order_of_85_percent_and_the_free_8_km_is_a_parameter() -> None:
    """「搭乘幹線、支線公車享8公里免費，學生卡再享85折」：次序未載。"""
    free = {"free_km": 8, "beyond": "difference"}
    share = {"who": ["student"], "percent": 85, "of": "fare", "rounding": "nearest"}
    cut_first, share_first = tainan(free=free, share=share), tainan(share=share, free=free)
    owed = []
    for book in (cut_first, share_first):
        ride = Ride(
            day=TODAY, line=book.line(operator="bus"), metres=14_150, marks=book.bits("student")
        )
        result = priced(book, ride)
        assert result.fare_ntd[0] == 43
        owed.append(int(result.owed_ntd[0]))
    assert owed == [14, 15]  # 17 × 0.85 = 14.45; 36.55 → 37, 26 × 0.85 = 22.1 → 22, 37 − 22


def test_tainan_trunk_fares_add_up_within_one_dollar() -> None:
    """Fares above the minimum are additive: A→C is A→B and B→C without the second boarding."""
    book = tainan()
    line = book.line(operator="bus")
    far = [9_000 + 377 * i for i in range(60)]
    fares = {
        m: int(f)
        for m, f in zip(
            [*far, *(a + b for a in far for b in far)],
            priced(
                book,
                *(
                    Ride(day=TODAY, line=line, metres=m)
                    for m in [*far, *(a + b for a in far for b in far)]
                ),
            ).fare_ntd,
            strict=True,
        )
    }
    assert all(abs(fares[a + b] - fares[a] - fares[b]) <= 1 for a in far for b in far)


# --- students


@pytest.mark.parametrize("percent", [50, 75, 85])
def test_students_pay_their_share_rounded_to_the_nearest_at_every_fare(percent: int) -> None:
    """國小半價、國高中75折（及85折），每一票價 1–500 元：四捨五入，五進位。"""
    share = {"who": ["student"], "percent": percent, "of": "fare", "rounding": "nearest"}
    book = read(table(concessions={"share": share}))
    line, marks = book.line(operator="metro"), book.bits("student")
    rides = [Ride(person=f, day=TODAY, line=line, told_ntd=f, marks=marks) for f in range(1, 501)]
    by_hand = [
        int(fare * percent / 100 + 0.5) for fare in range(1, 501)
    ]  # exact: quarters, twentieths
    assert priced(book, *rides).owed_ntd.tolist() == by_hand


@pytest.mark.parametrize(("mark", "percent"), [("primary", 50), ("secondary", 75)])
def test_taoyuan_students_on_city_buses(mark: str, percent: int) -> None:
    book = city_book("taoyuan")
    line = book.line(operator="taoyuan-bus", route="5")
    rides = [
        Ride(person=i, day=TODAY, line=line, metres=metres, marks=book.bits(mark))
        for i, metres in enumerate(range(0, 100_000, 200))
    ]
    result = priced(book, *rides)
    by_hand = [(fare * percent + 50) // 100 for fare in result.fare_ntd.tolist()]
    assert result.owed_ntd.tolist() == by_hand
    assert max(result.fare_ntd) > 200


# --- buy one, get one: both readings


def test_buy_one_get_one_paid_in_one_ride() -> None:
    """付 8 公里可乘 16 公里。"""
    book = city_book("taoyuan")
    line, marks = book.line(operator="taoyuan-bus", route="5"), book.bits("citizen")
    far = (3_000, 8_000, 12_000, 16_000, 18_000)
    result = priced(book, *(Ride(day=TODAY, line=line, metres=m, marks=marks) for m in far))
    assert result.fare_ntd.tolist() == [18, 18, 27, 36, 41]
    assert result.owed_ntd.tolist() == [18, 18, 18, 18, 23]  # 18 km: 10 km are paid, 22.5 → 23


def test_buy_one_get_one_over_two_rides() -> None:
    """兩段乘車只收一次 8 公里。"""
    mileage = {"base_km": 8, "reading": "two_segments", "within_minutes": 120}
    book = read(
        table(
            tariff={"kind": "distance", "base_km": 8, "per_km_ntd": 2.25, "rounding": "nearest"},
            concessions={"pair": {"mileage": mileage}},
        )
    )
    line = book.line(operator="bus")
    starts = ["08:00", "09:00", "09:30", "13:00", "15:00", "17:01"]
    rides = [
        Ride(day=TODAY, boarded_at=at(f"2026-03-02T{time}"), line=line, metres=10_000)
        for time in starts
    ]
    # 23 each; the second of a pair only pays what lies beyond 8 km: 23 − 18
    assert priced(book, *rides).owed_ntd.tolist() == [23, 5, 23, 23, 5, 23]


# --- what went before: transfers, the first ride of the day, days


def leg(book: Book, operator: str, begins: str, ends: str | None, **more: int) -> Ride:
    return Ride(
        day=TODAY,
        line=book.line(operator=operator),
        boarded_at=at(f"2026-03-02T{begins}"),
        alighted_at=NONE if ends is None else at(f"2026-03-02T{ends}"),
        told_ntd=30,
    )._replace(**more)


def transfer(**how: Any) -> Book:
    rule = {"within_minutes": 120, "from_modes": ["metro"], "window": "previous"} | how
    return read(
        table(
            tariff={"kind": "flat", "ntd": 20},
            concessions={"transfer": {"modes": ["bus"], "transfer": rule}},
        )
    )


def test_a_transfer_counts_from_the_end_of_the_ride_before() -> None:
    book = transfer(off_ntd=9)
    exactly = leg(book, "bus", "10:30", "10:40")
    rides = [leg(book, "metro", "08:00", "08:30"), exactly._replace(person=0)]
    assert priced(book, *rides).owed_ntd.tolist() == [30, 11]
    late = exactly._replace(boarded_at=exactly.boarded_at + 1)
    assert priced(book, rides[0], late).owed_ntd.tolist() == [30, 20]


def test_a_transfer_goes_one_way_only() -> None:
    """臺鐵轉公車可，公車轉臺鐵不可；公車轉公車亦不可。"""
    book = transfer(off_ntd=9)
    rides = [
        leg(book, "bus", "08:00", "08:10"),
        leg(book, "metro", "08:20", "08:30"),
        leg(book, "bus", "08:40", "08:50"),
        leg(book, "bus", "08:55", "09:10"),
    ]
    assert priced(book, *rides).owed_ntd.tolist() == [20, 30, 11, 20]


def test_a_transfer_s_time_may_run_from_the_first_ride() -> None:
    for window, owed in (("previous", [20, 11, 11, 11]), ("first", [20, 11, 20, 11])):
        book = transfer(off_ntd=9, window=window, from_modes=["bus"], within_minutes=60)
        times = [("08:00", "08:10"), ("09:00", "09:10"), ("09:50", "10:00"), ("10:30", "10:40")]
        assert priced(book, *(leg(book, "bus", *each) for each in times)).owed_ntd.tolist() == owed


def test_a_transfer_may_make_sections_or_kilometres_free() -> None:
    """四小時內轉乘：市區公車一段免費；幹線 8 公里免費。"""
    distance = {"kind": "distance", "base_km": 8, "per_km_ntd": 2, "rounding": "nearest"}
    sections = {"kind": "sections", "ntd": 15}
    cases = ((distance, {"free_km": 8}, [30, 4]), (sections, {"free_sections": 1}, [30, 15]))
    for tariff, how, owed in cases:
        rule = {"within_minutes": 240, "from_modes": ["metro"], "window": "previous", **how}
        book = read(
            table(tariff=tariff, concessions={"transfer": {"modes": ["bus"], "transfer": rule}})
        )
        # 10 km cost 20; 30 dollars are two sections, told by the device
        rides = [
            leg(book, "metro", "08:00", "08:10"),
            leg(book, "bus", "09:00", "09:10", metres=10_000),
        ]
        assert priced(book, *rides).owed_ntd.tolist() == owed


def test_who_does_not_tap_out_gets_no_transfer() -> None:
    book = transfer(off_ntd=9, from_modes=["bus"])
    rides = [leg(book, "bus", "08:00", None), leg(book, "bus", "08:40", "08:50")]
    assert priced(book, *rides).owed_ntd.tolist() == [20, 20]


@pytest.mark.parametrize(("needs", "owed"), [(True, [9, 0, 0]), (False, [9, 0, 0])])
def test_tainan_first_section_9_and_the_rest_of_the_day_free(needs: bool, owed: list[int]) -> None:
    """首段 9 元，當日其餘免費。"""
    rule = {"ntd": 9, "needs_tap_out": needs}
    book = read(
        table(
            tariff={"kind": "flat", "ntd": 18},
            concessions={"day": {"modes": ["bus"], "first_of_day": rule}},
        )
    )
    times = [("08:00", "08:10"), ("09:00", "09:10"), ("19:50", "20:00")]
    rides = [leg(book, "bus", *each) for each in times]
    tomorrow = rides[0]._replace(day=TODAY + 1, boarded_at=rides[0].boarded_at + 86_400)
    assert priced(book, *rides, tomorrow).owed_ntd.tolist() == [*owed, 9]


def test_the_rest_of_the_day_is_free_only_after_a_tap_out() -> None:
    """下車有刷卡者，當日其餘免費。"""
    missing = {"full_ntd": 18, "half_ntd": 9, "half_for": ["senior"]}
    for needs, owed in ((True, [18, 9, 0]), (False, [18, 0, 0])):
        book = read(
            table(
                tariff={
                    "kind": "distance",
                    "base_km": 8,
                    "per_km_ntd": 2.25,
                    "rounding": "nearest",
                    "missing": missing,
                },
                concessions={
                    "day": {"modes": ["bus"], "first_of_day": {"ntd": 9, "needs_tap_out": needs}}
                },
            )
        )
        rides = [
            leg(book, "bus", "08:00", None, ended=Ended.MISSING_CHARGED),
            leg(book, "bus", "09:00", "09:10", metres=3_000),
            leg(book, "bus", "10:00", "10:10", metres=3_000),
        ]
        assert priced(book, *rides).owed_ntd.tolist() == owed


def test_days_on_which_a_concession_holds() -> None:
    """每月 22 日免費；假日免費、平日半價。"""
    half = {"percent": 50, "of": "fare", "rounding": "up"}
    book = read(
        table(
            tariff={"kind": "flat", "ntd": 18},
            concessions={
                "day-22": {"cap_ntd": 0, "on": {"days_of_month": [22]}},
                "holiday": {"cap_ntd": 0, "on": {"holidays": True}},
                "workday": {**half, "on": {"holidays": False}},
                "monday": {"off_ntd": 1, "on": {"weekdays": [1]}},
            },
        ),
        off=frozenset({dt.date(2020, 1, 1), dt.date(2020, 1, 4)}),
    )
    ride = Ride(line=book.line(operator="bus"))
    days = ["2020-01-01", "2020-01-02", "2020-01-04", "2020-01-06", "2020-01-22"]
    rides = [ride._replace(day=day(each)) for each in days]
    assert priced(book, *rides).owed_ntd.tolist() == [0, 9, 0, 8, 0]


# --- the missing tap-out


def test_taichung_a_missing_tap_out_is_charged_20_or_11_without_concessions() -> None:
    """未刷下車：卡片鎖卡，下次上車補收 20 元（半票 11 元），該趟無優惠。"""
    book = city_book("taichung")
    line = book.line(operator="city-bus", route="300")
    ride = Ride(day=TODAY, line=line, ended=Ended.MISSING_CHARGED, points_open=1000)
    who = ["resident"], ["child", "resident"], ["senior"]
    rides = [ride._replace(person=i, marks=book.bits(*marks)) for i, marks in enumerate(who)]
    locked = ride._replace(person=3, ended=Ended.MISSING_LOCKED)
    result = priced(book, *rides, locked)
    assert result.owed_ntd.tolist() == [20, 11, 11, 0]
    assert result.points.tolist() == [0, 0, 0, 0]
    assert [book.reasons[reason] for reason in result.reason] == ["missing"] * 3 + ["locked"]
    assert result.applied.tolist() == [0] * 4


@pytest.mark.parametrize(("missing", "owed"), [(None, 18), ({"full_ntd": 20}, 20)])
def test_one_price_needs_no_tap_out_unless_the_tariff_says_so(missing: Any, owed: int) -> None:
    tariff = {"kind": "flat", "ntd": 18} | ({"missing": missing} if missing else {})
    book = read(table(tariff=tariff))
    ride = Ride(day=TODAY, line=book.line(operator="bus"), ended=Ended.MISSING_CHARGED)
    assert priced(book, ride).owed_ntd[0] == owed


# --- differences


def test_what_a_device_took_otherwise_is_the_difference() -> None:
    """A wrongly charged resident: the rule says 10, the reader took 33."""
    book = city_book("taichung")
    line, marks = book.line(operator="city-bus", route="300"), book.bits("resident")
    ride = Ride(day=TODAY, line=line, metres=14_823, marks=marks, charged_ntd=33)
    unknown = ride._replace(metres=NONE)
    result = priced(book, ride, unknown)
    assert result.difference_micro.tolist() == [-23 * MICRO, -33 * MICRO]
    assert result.priced.tolist() == [True, False]
    assert book.reasons[result.reason[1]] == "unpriced"


def test_before_its_first_tariff_a_ride_has_no_fare() -> None:
    book = city_book("taoyuan")
    line = book.line(operator="taoyuan-bus", route="5")
    rides = [
        Ride(day=day(each), line=line, metres=20_000)
        for each in ("2007-08-31", "2007-09-01", "2015-09-01")
    ]
    result = priced(book, *rides)
    assert result.priced.tolist() == [False, True, True]
    assert result.owed_ntd.tolist() == [0, 18, 45]


# --- bicycles


@pytest.mark.parametrize(
    ("minutes", "ntd"), [(1, 20), (30, 20), (31, 40), (120, 80), (121, 120), (150, 120), (151, 160)]
)
def test_youbike_2e_by_the_half_hour(minutes: int, ntd: int) -> None:
    book = city_book("taoyuan")
    line = book.line(operator="youbike")
    ride = Ride(day=TODAY, line=line, boarded_at=0, alighted_at=minutes * 60)
    assert priced(book, ride).owed_ntd[0] == ntd


def test_a_share_of_a_share_is_of_the_unrounded_amount() -> None:
    """15 × 50 % = 7.5, paid 8; 85 % of it are 6.375, paid 6 – and of the 8 they would be 7."""
    half = {"percent": 50, "of": "unrounded", "rounding": "up"}
    for of, owed in (("unrounded", 6), ("fare", 7)):
        share = {"percent": 85, "of": of, "rounding": "nearest"}
        book = read(table(concessions={"half": half, "share": share}))
        assert priced(book, Ride(day=TODAY, line=book.line(operator="bus"))).owed_ntd[0] == owed


# --- rules for some stations


def stations(**ends: list[str]) -> Book:
    """Chiayi: 20 points a trip at six stations; here two are enough, and one that isn't."""
    fares = table(
        points={
            "rules": {
                "tra": {
                    "modes": ["metro"],
                    "who": ["senior"],
                    "category": "tra",
                    "ends": ends,
                    "rows": rows({"cap": 20}),
                }
            }
        }
    )
    names = ("嘉義", "民雄", "新營")
    fares["classes"]["metro"]["stops"] = [{"stop": name, "name": name} for name in names]
    return read(fares)


@pytest.mark.parametrize(
    ("origin", "destination", "one", "both"),
    [
        ("嘉義", "民雄", 20, 20),
        ("嘉義", "新營", 20, 0),
        ("新營", "新營", 0, 0),
        ("嘉義", "?", 20, 0),
    ],
)
def test_points_at_some_stations_only(origin: str, destination: str, one: int, both: int) -> None:
    for how, points in (("one", one), ("both", both)):
        book = stations(**{how: ["嘉義", "民雄"]})
        line = book.line(operator="metro")
        ends = [book.stop(line=line, code=code) for code in (origin, destination)]
        ride = Ride(day=TODAY, line=line, told_ntd=50, origin=ends[0], destination=ends[1])
        result = priced(book, ride._replace(marks=book.bits("senior"), points_open=1200))
        assert (result.points[0], result.stored_ntd[0]) == (points, 50 - points)
