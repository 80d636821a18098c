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
from tests.harness.patience import PATIENCE_S
from tests.ledger.conftest import NOW, Books, open_books

pytestmark = pytest.mark.usefixtures("fresh_database")


def all_at_once(work: Callable[[int], Any], times: int, threads: int) -> list[Any]:
    """Do the work `times` over, by so many threads that begin together."""
    begin = threading.Barrier(threads)
    started = threading.local()

    def one(n: int) -> Any:
        if not hasattr(started, "yes"):
            started.yes = True
            begin.wait(PATIENCE_S)
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


ISSUER = ledger.issuer(agency="health", unit="taipei-points")
PARTNER = ledger.partner(code="easycard", unit="taipei-points")


@pytest.mark.parametrize("faces", ["move_many", "move_columns", "batches that cross"])
def test_a_key_first_used_by_many_at_once_is_posted_once(books: Books, faces: str) -> None:
    """No account is guarded here: only the keys themselves tell that it is the same move."""

    def post(n: int) -> list[str]:
        award = books.award(1, 5, "at once", faces, n // 16)
        pays = [ledger.Transfer(source=ISSUER, target=PARTNER, amount=5)]
        moves = [
            ledger.Move(key=books.key(faces, n // 16, i), kind="x", at=award.at, transfers=pays)
            for i in range(20 if faces == "batches that cross" else 1)
        ]
        if n % 2:
            moves.reverse()
        if faces != "move_columns":
            return [answer.outcome for answer in books.post(*moves)]
        columns = ledger.MoveColumns(
            key=[moves[0].key],
            at=[award.at],
            source=ledger.AccountColumns(
                account_class="issuer", unit="taipei-points", code="health"
            ),
            target=ledger.AccountColumns(
                account_class="partner", unit="taipei-points", code="easycard"
            ),
            amount=[5],
            kind="x",
        )
        with unit_of_work():
            answer = ledger.move_columns(columns=columns, actor=SYSTEM, now=NOW)
        return [ledger.Outcome(outcome).name.lower() for outcome in answer.outcomes]

    found = Counter(outcome for batch in all_at_once(post, 64, 16) for outcome in batch)
    each = 20 if faces == "batches that cross" else 1
    assert found == {"posted": 4 * each, "duplicate": 60 * each}
    assert ledger.verify() == []


def test_one_key_for_two_things_at_once_is_one_of_them(books: Books) -> None:
    def post(n: int) -> list[ledger.Posted]:
        return books.post(books.award(1 + n % 2, 5 + n % 2, "either"))

    found = outcomes(all_at_once(post, 32, 16))
    assert found == {"posted": 1, "duplicate": 15, "refused": 16}
    assert 1000 - books.left() in (5, 6)


def test_32_writers_lease_one_budget_to_its_last_point(request: pytest.FixtureRequest) -> None:
    """Each writer leases what it may need, gives all of it that it got, one person ten times in one
    batch; the budget lies in sixteen slices.
    """
    budget = 20_003
    books = open_books(budget, request.node.name)

    def give(n: int) -> int:
        asked = [(n % 3, 9)] * 10 + [(100 + n, 9)] * 10
        with unit_of_work():
            wanted = sum(points for _, points in asked)
            left = ledger.lease_budgets(wanted={books.fund: wanted})[books.fund]
            moves = []
            for i, (holder, points) in enumerate(asked):
                points = min(points, left)
                left -= points
                if points:
                    moves.append(books.award(1 + holder, points, "lease", n, i))
            answers = ledger.move_many(moves=moves, actor=SYSTEM, now=NOW)
        assert {answer.outcome for answer in answers} <= {"posted"}
        return sum(move.transfers[0].amount for move in moves)

    given = all_at_once(give, 192, 32)  # 192 batches of 180 ask for 34,560

    assert sum(given) == budget
    assert books.left() == 0
    assert sum(1 for points in given if 0 < points < 180) <= 1
    totals = ledger.fund_totals(fund_ids=[books.fund])[books.fund]
    assert (totals.awarded, totals.with_people) == (budget, budget)
    assert ledger.verify() == []


def test_a_budget_is_raised_and_returned_to_while_it_is_given(books: Books) -> None:
    def turn(n: int) -> int:
        if n % 8 == 0:
            key = books.key("raise", n)
            with unit_of_work():
                ledger.raise_budget(
                    fund_id=books.fund, amount=2_000, key=key, at=NOW, actor=SYSTEM, now=NOW
                )
            return 2_000
        lot = ledger.member(holder=n, unit="taipei-points", fund=books.fund)
        back = ledger.Move(
            key=books.key("back", n),
            kind="test",
            at=NOW,
            transfers=[
                ledger.Transfer(
                    source=lot,
                    target=ledger.budget(fund_id=books.fund, unit="taipei-points"),
                    amount=3,
                )
            ],
        )
        answers = books.post(books.award(n, 7, "mixed", n), back)
        return -4 if answers[0].outcome == "posted" else 0

    changed = sum(all_at_once(turn, 160, 16))
    assert books.left() == 1000 + changed
    assert ledger.verify() == []
