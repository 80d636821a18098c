"""Columns and a plain loop say the same of random months; what must hold of every ride holds."""

import datetime as dt
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycard.fares import pricing
from citycard.fares.book import Book
from citycard.fares.pricing import price
from citycard.fares.spans import day_number
from citycard.fares.values import MICRO, NONE, PricedColumns, Ride, RideColumns
from citycard.infra.packs import find_pack
from tests.fares.plain_fares import PlainFares
from tests.fares.tables import START, city_book, read, table

NEW_YEAR = dt.date(2026, 1, 1)
ANY_SEED = st.integers(0, 2**32)


def everything() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a table with every kind of step, and the limits of its points."""
    missing = {"full_ntd": 20, "half_ntd": 11, "half_for": ["senior"]}
    far = {"base_km": 8, "per_km_ntd": 2.55255, "minimum_ntd": 21, "rounding": "nearest"}
    window = {"within_minutes": 60, "from_modes": ["metro", "bus"]}
    half = {"percent": 50, "of": "unrounded", "rounding": "up", "group": "class"}
    share = {"percent": 85, "of": "fare", "rounding": "nearest", "group": "class"}
    all_or_cap = [{"from": START, "all": True}, {"from": dt.date(2026, 1, 16), "cap": 9}]
    steps = [{"fare_up_to": 100, "points": 36}, {"fare_above": 100, "points": 72}]
    parts = [{"from": START, "use": False}, {"from": dt.date(2026, 1, 11), "use": True}]
    shop = {"modes": ["other"], "who": ["senior"], "category": "shop"}
    limit = [{"from": START, "amount": 60}, {"from": dt.date(2026, 1, 21), "amount": 90}]
    fares = table(
        tariff={"kind": "distance", **far, "missing": missing},
        concessions={
            "half": {"who": ["senior"], "modes": ["bus"], **half},
            "share": {"who": ["student", "senior"], **share},
            "pair": {
                "modes": ["bus"],
                "mileage": {"base_km": 8, "reading": "two_segments", "within_minutes": 90},
            },
            "free": {"modes": ["bus"], "unless": ["student"], "free_km": 10, "beyond": "whole"},
            "chained": {"modes": ["bus"], "transfer": {**window, "window": "first", "off_ntd": 3}},
            "soon": {
                "modes": ["metro"],
                "fund": "welfare",
                "transfer": {**window, "window": "previous", "percent": 70},
            },
            "day": {
                "who": ["student"],
                "modes": ["bus"],
                "first_of_day": {"ntd": 9, "needs_tap_out": True},
            },
            "days": {"off_ntd": 2, "on": {"weekdays": [1, 3], "holidays": False}},
        },
        points={
            "partial": parts,
            "rules": {
                "bus": {"modes": ["bus"], "who": ["senior"], "category": "bus", "rows": all_or_cap},
                "taxi": {
                    "modes": ["metro"],
                    "who": ["senior"],
                    "category": "taxi",
                    "rows": [{"from": START, "steps": steps}],
                },
                "shop": shop | {"rows": [{"from": START, "all": True}]},
            },
        },
    )
    return fares, {"shops": {"on": ["shop", "taxi"], "each_month": limit}}


FARES, LIMITS = everything()
OFF = frozenset({dt.date(2026, 1, 7), dt.date(2026, 1, 12)})


def plain(city: str) -> PlainFares:
    """Return a loop at the beginning of a person's month."""
    if city == "everything":
        return PlainFares(FARES, {}, LIMITS, the_book(city), OFF.__contains__)
    pack = find_pack(city)
    return PlainFares(pack.table("fares"), pack.table("entitlements"), {}, the_book(city))


_BOOK = read(FARES, limits=LIMITS, off=OFF)


def the_book(city: str) -> Book:
    return _BOOK if city == "everything" else city_book(city)


def month(book: Book, seed: int, people: int, most: int) -> list[Ride]:
    """Draw rides of some people in a month: short waits, long days, missing taps, small purses."""
    draw = random.Random(seed)
    return [ride for person in range(people) for ride in _person(book, draw, person, most)]


def _person(book: Book, draw: random.Random, person: int, most: int) -> Iterator[Ride]:
    marks = sum(1 << i for i in range(len(book.marks)) if draw.random() < 0.4)
    at, points = day_number(NEW_YEAR) * 86_400, draw.choice([0, 7, 40, 200, 800])
    for _ in range(draw.randint(1, most)):
        at += draw.choice([0, 60, 1_800, 3_600, 5_400, 30_000, 90_000])
        ended = draw.choice([0] * 9 + [1, 2])
        out = NONE if ended else at + draw.choice([60, 600, 3_600, 9_000])
        points += draw.choice([0] * 20 + [150])
        yield Ride(
            person=person,
            boarded_at=at,
            alighted_at=out,
            day=at // 86_400,
            line=draw.randrange(len(book.lines)),
            metres=draw.choice(
                [NONE, 100, 7_999, 8_000, 8_001, 10_000, 10_001, draw.randrange(40_000)]
            ),
            told_ntd=draw.choice([NONE, 1, 100, 101, draw.randrange(1, 400)]),
            marks=marks if draw.random() < 0.95 else 0,
            medium=draw.choice([NONE, *range(len(book.media))]),
            ended=ended,
            points_open=points,
            purse_ntd=draw.choice([NONE, -20, 0, 15, 500]),
            charged_ntd=draw.choice([NONE, NONE, 0, 15, 400]),
        )


def priced(city: str, rides: list[Ride]) -> PricedColumns:
    return price(book=the_book(city), rides=RideColumns.of(rides))


def same(one: PricedColumns, other: PricedColumns) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in vars(one))


@pytest.mark.parametrize("city", ["taichung", "taoyuan", "everything"])
@settings(max_examples=40)
@given(seed=ANY_SEED)
def test_columns_say_what_a_plain_loop_says(city: str, seed: int) -> None:
    book = the_book(city)
    rides = month(book, seed, people=4, most=14)
    result = priced(city, rides)
    loop, person = plain(city), 0
    for row, ride in enumerate(rides):
        if ride.person != person:
            loop, person = plain(city), ride.person
        said = loop.price(ride)
        told = {
            "priced": bool(result.priced[row]),
            "fare": int(result.fare_ntd[row]),
            "owed": int(result.owed_ntd[row]),
            "points": int(result.points[row]),
            "stored": int(result.stored_ntd[row]),
            "reason": book.reasons[result.reason[row]],
        }
        relief = said.pop("relief", None)
        assert said == told, ride
        if relief is not None:
            for place, fund in enumerate(book.funds):
                if place != book.points.fund:
                    paid = int(result.subsidies_micro[place, row])
                    assert paid == relief.get(fund.code, 0) * MICRO, (fund.code, ride)


@pytest.mark.parametrize("city", ["taichung", "taoyuan", "everything"])
@settings(max_examples=40)
@given(seed=ANY_SEED)
def test_what_holds_of_every_ride(city: str, seed: int) -> None:
    rides = month(the_book(city), seed, people=6, most=12)
    result = priced(city, rides)
    columns = RideColumns.of(rides)
    paid = result.collected_micro + result.subsidies_micro.sum(axis=0) + result.difference_micro
    assert (result.due_micro == paid).all()
    assert (result.subsidies_micro >= 0).all()
    assert ((result.owed_ntd >= 0) & (result.owed_ntd <= result.fare_ntd)).all()
    assert (result.points + result.stored_ntd + result.cash_ntd == result.owed_ntd).all()
    assert (np.stack([result.points, result.stored_ntd, result.cash_ntd]) >= 0).all()
    known = columns.purse_ntd != NONE
    most = np.maximum(columns.purse_ntd, 0) + 65
    assert (result.stored_ntd <= most)[known].all()
    for person in set(columns.person.tolist()):
        mine = columns.person == person
        assert (np.cumsum(result.points[mine]) <= columns.points_open[mine]).all()


@pytest.mark.parametrize("city", ["taichung", "taoyuan", "everything"])
@settings(max_examples=15)
@given(seed=ANY_SEED)
def test_a_later_tap_changes_no_earlier_ride(city: str, seed: int) -> None:
    rides = month(the_book(city), seed, people=1, most=14)
    whole = priced(city, rides)
    for size in range(1, len(rides)):
        some = priced(city, rides[:size])
        assert same(some, _first(whole, size))


def _first(result: PricedColumns, size: int) -> PricedColumns:
    return PricedColumns(**{name: column[..., :size] for name, column in vars(result).items()})


@settings(max_examples=15)
@given(seed=ANY_SEED, chunk=st.integers(1, 40))
def test_any_split_between_persons_gives_the_same(seed: int, chunk: int) -> None:
    rides = month(the_book("everything"), seed, people=9, most=9)
    whole = priced("everything", rides)
    kept, pricing.CHUNK = pricing.CHUNK, chunk
    try:
        assert same(priced("everything", rides), whole)
    finally:
        pricing.CHUNK = kept


def test_nothing_to_price_is_priced() -> None:
    assert len(priced("everything", [])) == 0
