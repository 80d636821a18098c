"""What one batch of moves does: whole or not at all, once, in order, within budgets."""

import datetime as dt
from dataclasses import replace

import pytest
from django.db import ProgrammingError, connection, transaction

from citycard.infra.unit_of_work import UnitOfWorkMisused
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from tests.ledger.conftest import NOW, UNIT, Books


def test_points_come_out_of_the_budget_and_arrive(books: Books) -> None:
    (posted,) = books.post(books.award(7, 30))

    assert posted.outcome == "posted"
    assert books.balance(7).available == 30
    assert books.left() == 970
    assert ledger.verify() == []


def test_the_same_move_again_changes_nothing(books: Books) -> None:
    award = books.award(7, 30)
    books.post(award)

    assert [answer.outcome for answer in books.post(award, award)] == ["duplicate", "duplicate"]
    assert books.balance(7).available == 30


def test_a_key_used_for_something_else_is_refused(books: Books) -> None:
    books.post(books.award(7, 30))
    (answer,) = books.post(books.award(7, 31))
    assert isinstance(answer.refusal, ledger.KeyUsed)

    fresh = books.award(8, 1, "fresh")
    other = replace(fresh, transfers=[replace(fresh.transfers[0], amount=2)])
    first, second = books.post(fresh, other)
    assert first.outcome == "posted"
    assert isinstance(second.refusal, ledger.KeyUsed)


def test_a_refused_move_leaves_the_rest_of_its_batch(books: Books) -> None:
    answers = books.post(
        books.award(1, 600, 1), books.award(2, 600, 2), books.award(3, 400, 3), books.award(4, 1, 4)
    )

    assert [answer.outcome for answer in answers] == ["posted", "refused", "posted", "refused"]
    assert answers[1].refusal == ledger.BudgetUsedUp(balance=400, wanted=600, unit=UNIT)
    assert [books.balance(holder).available for holder in (1, 2, 3, 4)] == [600, 0, 400, 0]
    assert books.left() == 0


def test_a_move_of_several_transfers_is_posted_whole_or_not_at_all(books: Books) -> None:
    lot = [ledger.member(holder=n, unit=UNIT, fund=books.fund) for n in (1, 2, 3)]
    books.post(books.award(1, 10))
    pass_on = ledger.Move(
        key=books.key("pass on"),
        kind="test",
        at=NOW,
        transfers=[
            ledger.Transfer(source=lot[0], target=lot[1], amount=10),
            ledger.Transfer(source=lot[1], target=lot[2], amount=11),
        ],
    )
    assert books.post(pass_on)[0].refusal == ledger.NotEnoughPoints(balance=0, wanted=1, unit=UNIT)
    assert books.balance(1).available == 10
    # What comes in by the same move may go out by it.
    fits = replace(pass_on, key=books.key("fits"))
    fits = replace(fits, transfers=[fits.transfers[0], replace(fits.transfers[1], amount=10)])
    assert books.post(fits)[0].outcome == "posted"
    assert [books.balance(n).available for n in (1, 2, 3)] == [0, 0, 10]
    assert ledger.verify() == []


def test_amounts_and_units_that_make_no_sense_are_refused(books: Books) -> None:
    award = books.award(1, 10)
    for amount in (0, -5, 2**60, 1.5, True):
        wrong = replace(award, transfers=[replace(award.transfers[0], amount=amount)])
        assert isinstance(books.post(wrong)[0].refusal, ledger.AmountWrong), amount
    hours = ledger.member(holder=1, unit="hours", fund=books.fund)
    mixed = replace(award, transfers=[replace(award.transfers[0], target=hours)])
    assert isinstance(books.post(mixed)[0].refusal, ledger.AmountWrong)
    assert isinstance(books.post(replace(award, transfers=[]))[0].refusal, ledger.AmountWrong)


def test_a_key_must_begin_with_the_time_of_its_fact(books: Books) -> None:
    award = books.award(1, 10)
    for at in (NOW - dt.timedelta(days=40), NOW + dt.timedelta(days=2)):
        assert isinstance(books.post(replace(award, at=at))[0].refusal, ledger.KeyTimeWrong)
    ahead = NOW + dt.timedelta(days=2)
    future = replace(award, at=ahead, key=fact_key(ahead, 1))
    assert isinstance(books.post(future)[0].refusal, ledger.KeyTimeWrong)


def test_a_move_is_booked_in_the_local_month_of_its_own_time(books: Books) -> None:
    late = dt.datetime(2019, 4, 30, 16, 30, tzinfo=dt.UTC)  # already May in Taipei
    award = replace(books.award(1, 10), at=late, key=fact_key(late, "late"))

    assert [books.post(award)[0].outcome for _ in range(2)] == ["posted", "duplicate"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT booked_month FROM ledger_transfer WHERE key = %s", [award.key])
        assert cursor.fetchall() == [(dt.date(2019, 5, 1),)]


def test_posting_needs_a_unit_of_work(books: Books) -> None:
    with pytest.raises(UnitOfWorkMisused):
        ledger.move_many(moves=[books.award(1, 1)], actor=SYSTEM, now=NOW)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_transfer SET amount = 1",
        "DELETE FROM ledger_transfer",
        "TRUNCATE ledger_transfer",
        "UPDATE ledger_transfer_202611 SET amount = 1",
        "INSERT INTO ledger_balance VALUES (1, 1)",
        "UPDATE ledger_balance SET amount = amount + 1",
        "UPDATE ledger_account SET holder = 2",
        "UPDATE ledger_hold SET amount = 2",
        "DELETE FROM ledger_hold",
    ],
)
def test_the_application_cannot_rewrite_the_books(books: Books, statement: str) -> None:
    books.post(books.award(1, 10))
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
