"""A month's points at tills, clinics and venues (MISSION G09): points, then stored value, then
cash; once, in the taps' own order, and never more than there is."""

import datetime as dt
import threading
from dataclasses import replace
from typing import Any

import pytest

from citycard.entitlements import allowances_table
from citycard.entitlements import api as entitlements
from citycard.entitlements.allowances_pricing import points_for, rest
from citycard.flows import tapping
from citycard.infra.database import give_back_connection
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.ledger import api as ledger
from citycard.rules.api import dated, vocabulary_of
from citycard.taps import api as taps
from citycard.taps.api import Code
from tests.entitlements.allowance_town import D, lots, say
from tests.harness.cities import City
from tests.taps.town import NOW, Town, tap

END = D(2026, 11, 30)
MINUTE = dt.timedelta(minutes=1)


def senior(town: Town, count: int = 1) -> list[int]:
    """Residents whose application for the senior right was approved: 600 points a month."""
    members = town.residents(count)
    for member in members:
        say(member, "resides_in_city", True, since=D(2026, 1, 5))
        say(member, "approval.disability-rides", True, since=D(2026, 1, 5))
        say(member, "status.disability", True, since=D(2026, 1, 5))
    with unit_of_work():
        entitlements.decide(member_ids=members, on=D(2026, 1, 5), now=NOW, actor=SYSTEM)
    return members


def sale(read: taps.TapRead, price: int, purse: int = 0, quantity: int = 1) -> taps.TapRead:
    return read._replace(sale=taps.SalePart(price, quantity, purse))


def paid(answer: taps.TapAnswer) -> tuple[int, int, int] | None:
    return tuple(answer.paid) if answer.paid else None  # type: ignore[return-value]  # of three


def test_points_pay_first_then_stored_value_then_cash(town: Town) -> None:
    [member] = senior(town)
    number, reader = town.card(member), town.reader("hot-spring", "sports")
    [answer] = tapping.take(reads=[sale(tap(reader, 1, number), 90, purse=20)], now=NOW)
    assert answer == taps.TapAnswer(Code.ACCEPTED, paid=taps.PaidPart(60, 20, 10))
    assert lots(member) == {END: 540}
    totals = ledger.positions(month=D(2026, 11, 1))
    assert [(one.creditor, one.amount) for one in totals if one.unit == "ride-points"] == [
        ("sports", 60)
    ]


def test_a_registration_costs_its_points_and_no_more_than_its_price(town: Town) -> None:
    [member] = senior(town)
    number, reader = town.card(member), town.reader("hospital-registration", "hospital")
    reads = [sale(tap(reader, n, number, at=NOW + n * MINUTE), p) for n, p in ((1, 50), (2, 30))]
    assert [paid(one) for one in tapping.take(reads=reads, now=NOW + 3 * MINUTE)] == [
        (50, 0, 0),
        (30, 0, 0),
    ]


def test_the_same_tap_again_gets_the_same_answer_and_pays_nothing(town: Town) -> None:
    [member] = senior(town)
    number, reader = town.card(member), town.reader("hot-spring", "sports")
    read = sale(tap(reader, 1, number), 90, purse=20)
    first = tapping.take(reads=[read, read], now=NOW)
    assert tapping.take(reads=[read], now=NOW) == first[:1] == first[1:]
    assert lots(member) == {END: 540}
    [other] = tapping.take(reads=[sale(read, 80, purse=20)], now=NOW)
    assert other == taps.TapAnswer(Code.CONFLICT)


def test_who_has_no_points_pays_all(town: Town) -> None:
    [member] = town.residents(1)
    number, reader = town.card(member), town.reader("hot-spring", "sports")
    read = sale(tap(reader, 1, number), 90, purse=100)
    assert [paid(one) for one in tapping.take(reads=[read], now=NOW)] == [(0, 90, 0)]
    assert [paid(one) for one in tapping.take(reads=[read], now=NOW)] == [(0, 90, 0)]
    unknown = sale(tap(reader, 2, "9" * 16), 90)
    assert tapping.take(reads=[unknown], now=NOW) == [taps.TapAnswer(Code.UNKNOWN_CARD)]


def test_a_tap_that_names_no_price_spends_nothing(town: Town) -> None:
    [member] = senior(town)
    number, reader = town.card(member), town.reader("hot-spring", "sports")
    assert tapping.take(reads=[tap(reader, 1, number)], now=NOW) == [taps.TapAnswer(Code.ACCEPTED)]
    elsewhere = town.reader("sports-visit", "sports")
    read = sale(tap(elsewhere, 1, number), 90)
    assert tapping.take(reads=[read], now=NOW) == [taps.TapAnswer(Code.ACCEPTED)]
    assert lots(member) == {}


@pytest.mark.parametrize(
    ("row", "price", "quantity", "points", "whole"),
    [
        ({"cap": 60}, 90, 1, 60, False),
        ({"cap": 60}, 45, 1, 45, False),
        # a gym at NT$25 an hour
        ({"cap_each": 25}, 100, 2, 50, False),
        ({"points": 50}, 50, 1, 50, False),
        ({"points": 50}, 200, 2, 100, False),
        ({"steps": [{"fare_up_to": 100, "points": 36}, {"fare_above": 100, "points": 72}]}, 100, 1,
         36, False),
        ({"steps": [{"fare_up_to": 100, "points": 36}, {"fare_above": 100, "points": 72}]}, 101, 1,
         72, False),
        # never more than the price
        ({"steps": [{"fare_up_to": 100, "points": 36}]}, 20, 1, 20, False),
        ({"all": True}, 164, 1, 164, False),
        ({"cap": 8, "partial": False}, 8, 1, 8, True),
    ],
)  # fmt: skip
def test_what_points_pay_of_a_price(
    row: dict[str, Any], price: int, quantity: int, points: int, whole: bool
) -> None:
    unit = _unit_that_spends(row)
    found = points_for(
        unit, "senior-rides", "venue", day=D(2026, 3, 1), price_ntd=price, quantity=quantity
    )
    assert found is not None
    assert (found.points, found.whole) == (points, whole)


def test_before_its_first_day_and_where_it_says_none_points_pay_nothing() -> None:
    def paid_for(row: dict[str, Any], category: str, day: dt.date) -> object:
        unit = _unit_that_spends(row)
        return points_for(unit, "senior-rides", category, day=day, price_ntd=50, quantity=1)

    assert paid_for({"cap": 5}, "venue", D(2026, 3, 1)) is not None
    assert paid_for({"none": True}, "venue", D(2026, 3, 1)) is None
    assert paid_for({"cap": 5}, "venue", D(2024, 12, 31)) is None
    assert paid_for({"cap": 5}, "other", D(2026, 3, 1)) is None


def _unit_that_spends(row: dict[str, Any]) -> allowances_table.MonthlyUnit:
    unit = allowances_table.allowance_table().units["ride-points"]
    rule = unit.rules["senior-rides"]
    value = dated(
        [{"from": D(2025, 1, 1), **row}], name="venue", names=vocabulary_of(current_pack())
    )
    return replace(unit, rules={"senior-rides": replace(rule, spends_on={"venue": value})})


@pytest.mark.parametrize(
    ("price", "points", "purse", "left"),
    [
        (8, 7, 100, (1, 0)),  # the last 7 points and NT$1
        (25, 10, 15, (15, 0)),  # 10 points left, then 15 of stored value
        (25, 10, 5, (5, 10)),  # and then cash
        (25, 10, -20, (0, 15)),
    ],
)
def test_the_rest_of_a_price(price: int, points: int, purse: int, left: tuple[int, int]) -> None:
    assert rest(price, points, 1, purse) == left


def test_thirty_two_at_once_take_no_more_than_there_is(city: City) -> None:
    town = Town()
    [member] = senior(town)
    reader = town.reader("hot-spring", "sports")
    numbers = town.cards([member] * 8)
    answers: list[taps.TapAnswer] = []

    def pay(n: int) -> None:
        read = sale(tap(reader, n + 1, numbers[n % 8]), 45)
        answers.extend(tapping.take(reads=[read], now=NOW))
        give_back_connection()

    threads = [threading.Thread(target=pay, args=[n]) for n in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = sorted((paid(one) or (0, 0, 0) for one in answers), reverse=True)
    assert found == [(45, 0, 0)] * 13 + [(15, 0, 30)] + [(0, 0, 45)] * 18
    assert lots(member) == {}
    assert ledger.verify() == []
