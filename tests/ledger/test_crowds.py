"""Many at once: a balance is spent exactly as often as it allows, a budget to its last point."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection

from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.ledger import api as ledger
from tests.ledger.conftest import NOW, Books, open_books

pytestmark = pytest.mark.usefixtures("fresh_database")


def all_at_once(work: Callable[[int], Any], times: int, threads: int) -> list[Any]:
    """Do the work `times` over, by so many threads that begin together."""
    begin = threading.Barrier(threads)
    started = threading.local()

    def one(n: int) -> Any:
        if not hasattr(started, "yes"):
            started.yes = True
            begin.wait(10)
        try:
            return work(n)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(times)))


def outcomes(answers: list[list[ledger.Posted]]) -> Counter[str]:
    return Counter(answer.outcome for batch in answers for answer in batch)


@pytest.fixture
def books(request: pytest.FixtureRequest) -> Books:
    return open_books(1000, request.node.name)


def test_500_parallel_spends_of_one_balance(books: Books) -> None:
    books.post(books.award(1, 100, "all"))

    def spend(n: int) -> list[ledger.Posted]:
        return books.post_spends(books.spend(1, 3, n))

    assert outcomes(all_at_once(spend, 500, 16)) == {"posted": 33, "refused": 467}
    assert (books.balance(1).available, books.balance(1).held) == (1, 99)
    assert ledger.verify() == []


def test_one_spend_sent_by_everybody_is_done_once(books: Books) -> None:
    books.post(books.award(2, 100, "once"))

    answers = all_at_once(lambda n: books.post_spends(books.spend(2, 60, "same")), 64, 16)

    assert outcomes(answers) == {"posted": 1, "duplicate": 63}
    assert books.balance(2).available == 40


def test_32_writers_give_a_budget_away_to_its_last_point(books: Books) -> None:
    def give(n: int) -> list[ledger.Posted]:
        return books.post(*(books.award(10 + n % 7, 7, "crowd", n, i) for i in range(10)))

    found = outcomes(all_at_once(give, 64, 32))

    assert found == {"posted": 142, "refused": 498}  # 142 * 7 = 994 of 1,000
    assert books.left() == 6
    assert ledger.verify() == []


def test_crossing_batches_do_not_stop_each_other(books: Books) -> None:
    """People pay each other in batches whose orders cross; nobody waits for ever."""
    people = range(20, 30)
    books.post(*(books.award(n, 50, "cross", n) for n in people))

    def pay(n: int) -> list[ledger.Posted]:
        order = list(people) if n % 2 else list(reversed(people))
        moves = []
        for i, (payer, payee) in enumerate(pairwise(order)):
            award = books.award(payer, 1, "pay", n, i)
            source, target = (_lot(books, who) for who in (payer, payee))
            pays = ledger.Transfer(source=source, target=target, amount=1)
            moves.append(ledger.Move(key=award.key, kind="pay", at=award.at, transfers=[pays]))
        return books.post(*moves)

    all_at_once(pay, 60, 12)
    assert sum(books.balance(n).available for n in people) == 500
    assert ledger.verify() == []


def test_everybody_takes_back_the_same_charge_in_parts(books: Books) -> None:
    """A hundred refunds of ten out of a charge of 305, in parts and in whole: not a point more."""
    books.post(books.award(40, 305, "back"))
    charge = books.spend(
        40, 305, "back", into=ledger.partner(code="easycard", unit="taipei-points")
    )
    books.post_spends(charge)

    def give_back(n: int) -> list[ledger.Posted]:
        amount = None if n == 50 else 10
        key = books.key("refund", n)
        back = ledger.Reversal(key=key, of=charge.key, kind="back", at=NOW, amount=amount)
        with unit_of_work():
            return ledger.reverse_many(reversals=[back], actor=SYSTEM, now=NOW)

    done = outcomes(all_at_once(give_back, 100, 16))
    assert books.balance(40).available == 305
    assert done["posted"] + done["refused"] == 100
    assert ledger.verify() == []


def _lot(books: Books, holder: int) -> ledger.AccountRef:
    return ledger.member(holder=holder, unit="taipei-points", fund=books.fund)


def test_two_open_one_fund_at_the_same_moment() -> None:
    def open_it(n: int) -> int:
        with unit_of_work():
            return ledger.open_fund(
                agency="health", campaign_ref="double-click", unit="p", actor=SYSTEM, now=NOW
            )

    assert len(set(all_at_once(open_it, 16, 16))) == 1
