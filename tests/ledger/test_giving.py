"""What budgets give to many is posted as any other moves are, or left to them."""

import datetime as dt

import numpy as np
import pytest

from citycard.infra.fact_keys import fact_keys
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from tests.ledger.conftest import NOW, UNIT, open_books

pytestmark = pytest.mark.django_db
LAST = dt.date(2027, 12, 31)


def gifts(
    fund: int, holders: list[int], amounts: list[int], first: int = 1, at: dt.datetime = NOW
) -> ledger.Gifts:
    count = len(holders)
    at_us = np.full(count, round(at.timestamp() * 1e6)) + np.arange(count) * 1_001
    pots = [ledger.Pot(UNIT, fund, LAST, "campaign:1"), ledger.Pot(UNIT, fund, None, "campaign:2")]
    return ledger.Gifts(
        kind="campaign.award",
        pots=pots,
        pot=np.arange(count) % 2,
        key=fact_keys(at_us, "gift", np.arange(first, first + count)),
        at_us=at_us,
        holder=np.array(holders),
        amount=np.array(amounts),
    )


def give(asked: ledger.Gifts) -> bool:
    with unit_of_work():
        return ledger.give_columns(gifts=asked, actor=SYSTEM, now=NOW)


def post(asked: ledger.Gifts) -> list[int]:
    with unit_of_work():
        posted = [
            ledger.move_columns(columns=columns, actor=SYSTEM, now=NOW) for columns in asked.moves()
        ]
    return [outcome for one in posted for outcome in one.outcomes]


def test_gifts_are_the_moves_that_they_say() -> None:
    books = open_books(1000)
    asked = gifts(books.fund, [1, 2, 1, 3], [10, 20, 30, 40])
    assert give(asked)
    assert books.left() == 900
    assert [books.balance(n).available for n in (1, 2, 3)] == [40, 20, 40]
    assert ledger.verify() == []
    assert post(asked) == [ledger.Outcome.DUPLICATE] * 4


def test_what_is_out_of_the_ordinary_is_left_undone() -> None:
    books = open_books(100)
    assert not give(gifts(books.fund, [1, 2], [60, 60]))
    assert books.left() == 100
    known = gifts(books.fund, [1, 2], [10, 10])
    assert post(known) == [ledger.Outcome.POSTED] * 2
    assert not give(known)
    assert not give(gifts(books.fund, [1, 2, 3], [10, 10, 5]))
    wrong = gifts(books.fund, [3], [0], first=9)
    assert not give(wrong)
    late = gifts(books.fund, [3], [1], first=10)
    late.at_us[:] += 5_000
    assert not give(late)
    assert (books.left(), books.balance(3).available) == (80, 0)
    assert ledger.verify() == []


def test_a_month_that_was_closed_is_left_to_posting() -> None:
    books = open_books(100)
    last_month = NOW - dt.timedelta(days=30)
    with unit_of_work():
        month = last_month.date().replace(day=1)
        ledger.close_month(month=month, actor=SYSTEM, now=NOW)
    asked = gifts(books.fund, [1], [10], at=last_month)
    assert not give(asked)
    assert post(asked) == [ledger.Outcome.POSTED]
    assert ledger.verify() == []


def test_keys_of_columns_are_those_of_facts() -> None:
    draw = np.random.default_rng(7)
    at_us = draw.integers(1_000_000_000_000_000, 1_900_000_000_000_000, 500)
    numbers = draw.integers(0, 2**62, (2, 500))
    found = fact_keys(at_us, "what", *numbers)
    for us, one, two, key in zip(at_us.tolist(), *numbers.tolist(), found.tolist(), strict=True):
        at = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=us)
        assert fact_key(at, "what", one, two).bytes == key
