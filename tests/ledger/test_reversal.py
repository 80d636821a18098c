"""Taking back: to the lot it came from, never more than was moved, and everything as it was."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from tests.ledger.conftest import NOW, UNIT, Books, open_books

EASYCARD = ledger.partner(code="easycard", unit=UNIT)
TODAY = NOW.date()
SOON, LATER = dt.date(2026, 12, 31), dt.date(2027, 12, 31)


def take_back(*reversals: ledger.Reversal, now: dt.datetime = NOW) -> list[ledger.Posted]:
    with unit_of_work():
        return ledger.reverse_many(reversals=reversals, actor=SYSTEM, now=now)


def reversal(of: Any, *what: object, at: dt.datetime = NOW, **more: Any) -> ledger.Reversal:
    key = fact_key(at, "back", of.key, *what)
    return ledger.Reversal(key=key, of=of.key, kind="refund.paid", at=at, **more)


def redeem(books: Books, holder: int, amount: int, *what: object) -> ledger.HoldEnd:
    """Reserve and settle; returns the settlement."""
    hold = books.spend(holder, amount, *what)
    assert books.post_spends(hold)[0].outcome == "posted"
    end = ledger.HoldEnd(
        key=books.key("end", *what), hold=hold.key, kind="settled", at=NOW, into=EASYCARD
    )
    with unit_of_work():
        assert ledger.settle_held_many(ends=[end], actor=SYSTEM, now=NOW)[0].outcome == "posted"
    return end


@pytest.fixture
def lots(books: Books) -> Books:
    """Give person 1 three lots of 5."""
    books.post(
        books.award(1, 5, "soon", expires_on=SOON),
        books.award(1, 5, "later", expires_on=LATER),
        books.award(1, 5, "never"),
    )
    return books


def left_of(books: Books, on: dt.date = TODAY) -> list[tuple[dt.date | None, int]]:
    found = ledger.balances(holders=[1], unit=UNIT, on=on, access=None)[1]
    return [(lot.expires_on, lot.amount) for lot in found.lots]


def test_a_redemption_is_taken_back_into_the_lots_it_came_from(lots: Books) -> None:
    before, totals = lots.balance(1), ledger.fund_totals(fund_ids=[lots.fund])
    end = redeem(lots, 1, 12)

    (posted,) = take_back(reversal(end))

    assert posted.outcome == "posted"
    assert [part.amount for part in posted.parts] == [2, 5, 5]
    assert lots.balance(1) == before
    assert ledger.fund_totals(fund_ids=[lots.fund]) == totals
    assert ledger.verify() == []


def test_the_reversal_points_at_what_it_takes_back(lots: Books) -> None:
    end = redeem(lots, 1, 12)
    back = reversal(end)
    take_back(back)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT reverses, kind FROM pub.ledger_transfers WHERE key = %s", [back.key]
        )
        assert cursor.fetchall() == [(end.key, "refund.paid")]


def test_parts_come_back_in_reverse_order_of_spending(lots: Books) -> None:
    end = redeem(lots, 1, 12)
    assert left_of(lots) == [(None, 3)]

    take_back(reversal(end, 1, amount=3))
    assert left_of(lots) == [(LATER, 1), (None, 5)]
    take_back(reversal(end, 2, amount=6))
    assert left_of(lots) == [(SOON, 2), (LATER, 5), (None, 5)]
    (rest,) = take_back(reversal(end, 3))
    assert [part.amount for part in rest.parts] == [3]
    assert left_of(lots) == [(SOON, 5), (LATER, 5), (None, 5)]
    assert ledger.verify() == []


def test_never_more_than_was_moved(lots: Books) -> None:
    end = redeem(lots, 1, 12)
    answers = take_back(
        reversal(end, 1, amount=7), reversal(end, 2, amount=6), reversal(end, 3), reversal(end, 4)
    )
    assert [answer.outcome for answer in answers] == ["posted", "refused", "posted", "refused"]
    assert answers[1].refusal == ledger.TakenBack(left=5, wanted=6)
    assert isinstance(answers[3].refusal, ledger.TakenBack)
    assert lots.balance(1).available == 15
    assert ledger.verify() == []


def test_the_database_itself_keeps_the_bound(lots: Books, owner_sql: Any) -> None:
    end = redeem(lots, 1, 12)
    take_back(reversal(end))
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE ledger_reversed SET reversed = 0")
    # whoever posted a second reversal past the face would be stopped by the constraint
    again = reversal(end, "past the face")
    move = ledger.Move(
        key=again.key,
        kind="x",
        at=NOW,
        transfers=[
            ledger.Transfer(
                source=EASYCARD,
                target=ledger.member(holder=1, unit=UNIT, fund=lots.fund),
                amount=2,
            )
        ],
        reverses=end.key,
    )
    assert lots.post(move)[0].outcome == "posted"
    with (
        pytest.raises(IntegrityError, match="ledger_reversed_within_its_move"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "SELECT ledger_note_reversed(ARRAY[%s::uuid], ARRAY['2026-11-01'::date],"
            " ARRAY[0::smallint], ARRAY[2::smallint])",
            [move.key],
        )
    assert "ledger.reversal_lines" in {finding.check for finding in ledger.verify()}


def test_a_repeated_reversal_is_told_its_first_lots(lots: Books) -> None:
    end = redeem(lots, 1, 12)
    (first,) = take_back(reversal(end))
    again, other = take_back(reversal(end), replace(reversal(end), amount=3))
    assert (again.outcome, again.parts) == ("duplicate", first.parts)
    assert isinstance(other.refusal, ledger.KeyUsed)
    assert lots.balance(1).available == 15


def test_what_comes_back_after_its_last_day_gets_the_packs_grace(lots: Books) -> None:
    end = redeem(lots, 1, 7)
    january = dt.datetime(2027, 1, 10, tzinfo=dt.UTC)
    take_back(reversal(end, at=january), now=january)
    grace = dt.date(2027, 1, 10) + dt.timedelta(days=31)  # citypacks/taipei/points.yaml
    assert left_of(lots, january.date()) == [(grace, 5), (LATER, 5), (None, 5)]
    assert ledger.verify() == []


@pytest.mark.parametrize(("days", "into"), [(0, SOON), (1, SOON + dt.timedelta(days=32))])
def test_on_its_last_day_a_lot_takes_points_back_and_after_it_does_not(
    lots: Books, days: int, into: dt.date
) -> None:
    end = redeem(lots, 1, 5)
    at = dt.datetime(2026, 12, 31, 15, 59, tzinfo=dt.UTC) + dt.timedelta(days=days)
    take_back(reversal(end, at=at), now=at)
    assert (into, 5) in left_of(lots, at.date())


def test_the_day_of_grace_may_be_named(lots: Books) -> None:
    end = redeem(lots, 1, 5)
    january = dt.datetime(2027, 1, 10, tzinfo=dt.UTC)
    until = dt.date(2027, 3, 31)
    take_back(reversal(end, at=january, grace_until=until), now=january)
    assert (until, 5) in left_of(lots, january.date())


def test_an_award_is_taken_back_from_the_lot_that_it_filled(books: Books) -> None:
    award = books.award(1, 30, "wrong", expires_on=SOON)
    books.post(award, books.award(1, 30, "other", expires_on=LATER))
    (posted,) = take_back(reversal(award))
    assert [(part.expires_on, part.amount) for part in posted.parts] == [(SOON, 30)]
    assert left_of(books) == [(LATER, 30)]
    assert books.left() == 970


def test_an_award_that_is_spent_is_refused_with_what_is_there(books: Books) -> None:
    award = books.award(1, 30, "wrong", expires_on=SOON)
    books.post(award, books.award(1, 30, "other", expires_on=LATER))
    books.post_spends(books.spend(1, 20))
    refused, part = take_back(reversal(award, 1), reversal(award, 2, amount=10))
    assert refused.refusal == ledger.NotEnoughPoints(balance=10, wanted=30, unit=UNIT)
    # a refused reversal has taken nothing: what is there can still be taken back
    assert part.outcome == "posted"
    assert left_of(books) == [(LATER, 30)]
    assert ledger.verify() == []


def test_a_reversal_can_be_taken_back_and_made_again(lots: Books) -> None:
    end = redeem(lots, 1, 12)
    spent = lots.balance(1)
    back = reversal(end)
    undo = reversal(back)
    answers = take_back(back, undo)
    assert [answer.outcome for answer in answers] == ["posted", "posted"]
    assert lots.balance(1) == spent

    (again,) = take_back(reversal(end, "again"))
    assert again.outcome == "posted"
    assert lots.balance(1).available == 15
    assert ledger.verify() == []


def test_what_was_given_back_otherwise_cannot_come_back_by_a_longer_way(lots: Books) -> None:
    first = reversal(redeem(lots, 1, 4))
    second = reversal(first, amount=3)
    third = reversal(second)
    assert [one.outcome for one in take_back(first, second, third)] == ["posted"] * 3
    assert take_back(reversal(first, "whole"))[0].outcome == "posted"  # nothing of it is left
    (refused,) = take_back(reversal(third))  # would take back of the first what is taken back
    assert refused.refusal is not None
    assert refused.refusal.code == "ledger.taken_back"
    assert ledger.verify() == []


def test_holds_are_ended_not_reversed(lots: Books) -> None:
    hold = lots.spend(1, 3)
    lots.post_spends(hold)
    (answer,) = take_back(reversal(hold))
    assert isinstance(answer.refusal, ledger.NotReversible)


def test_what_was_never_posted_cannot_be_taken_back(books: Books) -> None:
    award = books.award(1, 1)
    (answer,) = take_back(reversal(award))
    assert isinstance(answer.refusal, ledger.MoveUnknown)
    for amount in (0, -1, 2**60, True):
        books.post(award)
        (answer,) = take_back(reversal(award, str(amount), amount=amount))
        assert isinstance(answer.refusal, ledger.AmountWrong), amount


ACTS = st.sampled_from(["award", "raise", "redeem", "pay", "reverse"])


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_reversing_restores_every_balance_and_report(db: None, data: st.DataObject) -> None:
    """reverse(x), in one piece or several, leaves every balance and report as before x."""
    with transaction.atomic():
        books = open_books(1000, "property")
        for n, last in enumerate((SOON, LATER, None)):
            books.post(books.award(1, data.draw(st.integers(1, 20)), "lot", n, expires_on=last))
        before = _reports(books)
        act = data.draw(ACTS)
        done = _do(books, act, data)
        pieces = data.draw(st.integers(1, 3))
        while pieces > 1:
            pieces -= 1
            take_back(reversal(done, pieces, amount=data.draw(st.integers(1, 6))))
        take_back(reversal(done, "rest"))
        assert _reports(books) == before, act
        assert ledger.verify() == []
        transaction.set_rollback(True)


def _do(books: Books, act: str, data: st.DataObject) -> Any:
    if act == "award":
        move = books.award(1, data.draw(st.integers(1, 50)), "x", expires_on=SOON)
        books.post(move)
        return move
    if act == "raise":
        move = books.award(1, 1, "raise")
        source = ledger.issuer(agency="health", unit=UNIT)
        target = ledger.budget(fund_id=books.fund, unit=UNIT)
        raised = ledger.Transfer(source=source, target=target, amount=data.draw(st.integers(1, 99)))
        move = replace(move, transfers=[raised])
        books.post(move)
        return move
    most = books.balance(1).available
    if act == "redeem":
        return redeem(books, 1, data.draw(st.integers(1, most)))
    spend = books.spend(1, data.draw(st.integers(1, most)), into=EASYCARD)
    books.post_spends(spend)
    if act == "pay":
        return spend
    first = reversal(spend, "first")
    assert take_back(first)[0].outcome == "posted"
    after = _reports(books)
    undo = reversal(first, "undo")
    assert take_back(undo)[0].outcome == "posted"
    take_back(reversal(undo, "undo the undoing"))
    assert _reports(books) == after
    return reversal(first, "so that nothing is left")


def _reports(books: Books) -> tuple[object, ...]:
    trial = ledger.trial_balance(on=NOW.date())
    statement = ledger.statement(agency="health", month=NOW.date())
    return (
        books.balance(1),
        ledger.fund_totals(fund_ids=[books.fund]),
        {(t.account_class, t.unit, t.code): t.amount for t in trial if t.amount},
        [line for line in statement if line.awarded or line.redeemed],
    )
