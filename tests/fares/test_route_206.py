"""Taichung's route 206, 豐原 to 新盛里, stop by stop; the pack carries its stops and kilometres."""

import json
from pathlib import Path

import pytest

from citycard.fares.values import Ride
from tests.fares.tables import city_book, day, priced

TODAY = day("2026-03-02")
SOURCE = Path(__file__).with_name("route_206_stops.json")
# From 豐原: (name, km, full fare, other cards, child, resident, senior), worked out from 2.55255 a
# kilometre, 8 km at least: whole fares to the nearest dollar, half fares up from the exact amount.
# Residents pay what lies beyond the 26 of ten kilometres, 10 at most; seniors half, rounded up.
BY_HAND = """
石岡區公所        7.576 20 15 11  0 0
九房厝            7.936 20 15 11  0 0
情人木橋          8.382 21 16 11  0 0
社寮角            8.721 22 17 12  0 0
新豐冷凍          9.260 24 19 12  0 0
梅子              9.774 25 20 13  0 0
明山寺           10.118 26 21 13  0 0
下土牛           10.432 27 22 14  1 1
連厝             10.838 28 23 14  2 1
德興里           11.149 28 23 15  2 1
土牛(豐勢路)     11.567 30 25 15  4 2
東勢游泳池       12.336 31 26 16  5 3
東勢             12.894 33 28 17  7 4
南平里           13.299 34 29 17  8 4
中嵙口           13.585 35 30 18  9 5
東勢南站         13.912 36 31 18 10 5
石角口           14.262 36 31 19 10 5
東勢林業文化園區 14.510 37 32 19 10 6
新盛里(東勢高工) 14.823 38 33 19 10 6
"""
LAST = [line.split() for line in BY_HAND.strip().splitlines()]
WHO: tuple[tuple[str, ...], ...] = ((), ("child",), ("resident",), ("senior",))


def rides(origin: str, destination: str) -> list[Ride]:
    book = city_book("taichung")
    line = book.line(operator="fengyuan-bus", route="206")
    ends = [book.stop(line=line, code=code) for code in (origin, destination)]
    ride = Ride(day=TODAY, line=line, origin=ends[0], destination=ends[1], points_open=1000)
    return [ride._replace(person=i, marks=book.bits(*marks)) for i, marks in enumerate(WHO)]


def codes() -> dict[str, str]:
    book = city_book("taichung")
    line = book.line(operator="fengyuan-bus", route="206")
    stops = [stop for stop in book.stops if stop.line == line]
    return {stop.name: stop.code for stop in reversed(stops)}  # the first of a name: outbound


@pytest.mark.parametrize("row", LAST, ids=[row[0] for row in LAST])
def test_from_fengyuan_to_each_stop(row: list[str]) -> None:
    name, km, full, *owed = row
    result = priced(city_book("taichung"), *rides("TXG6693", codes()[name]))
    assert result.metres.tolist() == [round(float(km) * 1000)] * 4
    assert result.fare_ntd.tolist() == [int(full)] * 4
    assert result.owed_ntd.tolist() == [int(each) for each in owed]
    assert result.points.tolist() == [0, 0, 0, int(owed[-1])]


def test_every_pair_of_stops_and_the_way_back() -> None:
    """Fares grow with the way; nobody pays more than another card; residents 10 at most."""
    book = city_book("taichung")
    line = book.line(operator="fengyuan-bus", route="206")
    places = [place for place, stop in enumerate(book.stops) if stop.line == line][:40]
    far = book.stop_metres[0][places].tolist()
    pairs = [(a, b) for a in range(40) for b in range(a + 1, 40)]
    by_marks = []
    for marks in WHO:
        all_rides = [
            Ride(
                day=TODAY,
                line=line,
                origin=places[a],
                destination=places[b],
                marks=book.bits(*marks),
            )
            for a, b in pairs
        ]
        result = priced(book, *all_rides)
        assert result.metres.tolist() == [far[b] - far[a] for a, b in pairs]
        by_marks.append(result.owed_ntd)
    other, child, resident, senior = by_marks
    assert (child <= other).all()
    assert (senior <= resident).all()
    assert resident.max() == 10
    shortest = [b - a for a, b in pairs].index(1)
    assert (other[shortest], child[shortest], resident[shortest]) == (15, 11, 0)


def test_the_pack_s_figures_are_the_source_s() -> None:
    told = json.loads(SOURCE.read_text("utf-8"))["ways"]
    book = city_book("taichung")
    line = book.line(operator="fengyuan-bus", route="206")
    for way, stops in enumerate(told):
        for code, metres in stops:
            assert book.stop_metres[way][book.stop(line=line, code=code)] == metres
