"""Booking months: closed by the database's own means; what comes late goes into the next open."""

import datetime as dt
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from django.db import connection

from citycard.infra.database import rows
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from tests.harness.patience import PATIENCE_S
from tests.ledger.conftest import NOW, UNIT, Books, open_books

pytestmark = pytest.mark.usefixtures("fresh_database")

JUNE, JULY, AUGUST = (dt.date(2026, month, 1) for month in (6, 7, 8))
IN_JUNE = dt.datetime(2026, 6, 10, 4, 0, tzinfo=dt.UTC)
IN_JULY = dt.datetime(2026, 7, 10, 4, 0, tzinfo=dt.UTC)


@pytest.fixture
def books(request: pytest.FixtureRequest) -> Books:
    return open_books(100_000, request.node.name)


@pytest.fixture(autouse=True)
def all_open(fresh_database: object) -> Any:
    """Each test begins and ends with open months."""
    yield
    for month in ledger.months():
        if month.state == "closed":
            reopen(month.month)


def close(month: dt.date) -> None:
    with unit_of_work():
        ledger.close_month(month=month, actor=SYSTEM, now=NOW)


def reopen(month: dt.date) -> None:
    with unit_of_work():
        ledger.reopen_month(month=month, actor=SYSTEM, now=NOW)


def award(books: Books, holder: int, *what: object, at: dt.datetime = IN_JUNE) -> ledger.Move:
    one = books.award(holder, 10)
    return replace(one, at=at, key=fact_key(at, books.fund, *what))


def booked(*keys: uuid.UUID) -> list[dt.date]:
    found = {
        row.key: row.booked_month
        for row in rows(
            "SELECT key, booked_month FROM pub.ledger_transfers WHERE key = ANY (%s::uuid[])",
            [list(keys)],
        )
    }
    return [found[key] for key in keys]


def state(month: dt.date) -> ledger.BookingMonth:
    return next(it for it in ledger.months() if it.month == month)


def outcomes(answers: list[ledger.Posted]) -> list[str]:
    return [answer.outcome for answer in answers]


def test_what_comes_late_is_booked_in_the_first_open_month(books: Books) -> None:
    early, late, also = (award(books, 1, n) for n in ("early", "late", "also"))
    books.post(early)
    close(JUNE)
    assert outcomes(books.post(early, late)) == ["duplicate", "posted"]
    close(JULY)
    assert outcomes(books.post(late, also, early)) == ["duplicate", "posted", "duplicate"]

    assert booked(early.key, late.key, also.key) == [JUNE, JULY, AUGUST]
    assert books.balance(1).available == 30
    assert [it.key for it in ledger.history(holder=1, unit=UNIT, access=None)][:1]
    assert ledger.verify() == []


def test_a_reopened_month_takes_what_is_new_and_knows_what_went_elsewhere(books: Books) -> None:
    late, new = award(books, 2, "late"), award(books, 2, "new")
    close(JUNE)
    books.post(late)
    reopen(JUNE)
    other = replace(late, transfers=[replace(late.transfers[0], amount=9)])

    assert outcomes(books.post(late)) == ["duplicate"]
    assert outcomes(books.post(new, late, new, other)) == [
        "posted",
        "duplicate",
        "duplicate",
        "refused",
    ]
    assert booked(late.key, new.key) == [JULY, JUNE]
    close(JUNE)
    assert outcomes(books.post(late, new)) == ["duplicate", "duplicate"]
    assert books.balance(2).available == 20
    assert ledger.verify() == []


def test_columns_come_late_too(books: Books) -> None:
    close(JUNE)
    moves = [award(books, n, n) for n in (1, 2, 3)]
    columns = ledger.MoveColumns(
        key=[move.key for move in moves],
        at=[move.at for move in moves],
        source=ledger.AccountColumns(account_class="budget", unit=UNIT, fund=books.fund),
        target=ledger.AccountColumns(
            account_class="member", unit=UNIT, holder=[1, 2, 3], fund=books.fund
        ),
        amount=[10] * 3,
        kind="campaign.award",
    )
    for expected in (ledger.Outcome.POSTED, ledger.Outcome.DUPLICATE):
        with unit_of_work():
            answer = ledger.move_columns(columns=columns, actor=SYSTEM, now=NOW)
        assert set(answer.outcomes) == {expected}
    assert outcomes(books.post(*moves)) == ["duplicate"] * 3
    assert set(booked(*(move.key for move in moves))) == {JULY}


def test_a_hold_of_a_closed_month_is_settled_from_where_it_stands(books: Books) -> None:
    books.post(award(books, 4, "have"))
    late = replace(books.spend(4, 6), at=IN_JUNE, key=fact_key(IN_JUNE, books.fund, "spend"))
    close(JUNE)
    (first,) = books.post_spends(late)
    (again,) = books.post_spends(late)
    assert (first.outcome, again.outcome, first.parts) == ("posted", "duplicate", again.parts)
    assert booked(late.key) == [JULY]
    end = ledger.HoldEnd(
        key=fact_key(IN_JUNE, books.fund, "end"),
        hold=late.key,
        kind="redemption.settled",
        at=IN_JUNE,
        into=ledger.partner(code="easycard", unit=UNIT),
    )
    with unit_of_work():
        settled = ledger.settle_held_many(ends=[end, end], actor=SYSTEM, now=NOW)
    assert outcomes(settled) == ["posted", "duplicate"]
    assert ledger.verify() == []


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO ledger_transfer SELECT * FROM ledger_transfer_202606 LIMIT 1",
        "INSERT INTO ledger_transfer_202606 SELECT * FROM ledger_transfer_202606 LIMIT 1",
        "UPDATE ledger_transfer SET amount = amount + 1 WHERE booked_month = '2026-06-01'",
        "DELETE FROM ledger_transfer_202606",
        "TRUNCATE ledger_transfer_202606",
    ],
)
def test_not_even_the_owner_changes_a_closed_month(
    books: Books, owner_sql: Callable[..., list[Any]], statement: str
) -> None:
    books.post(award(books, 1, "closed"))
    close(JUNE)
    with pytest.raises(psycopg.Error, match="ledger_transfer_202606 is closed"):
        owner_sql(statement)


def test_verify_sees_a_closed_month_that_was_pried_open(
    books: Books, owner_sql: Callable[..., list[Any]]
) -> None:
    books.post(award(books, 1, "pried"))
    close(JUNE)
    owner_sql("ALTER TABLE ledger_transfer_202606 DISABLE TRIGGER ledger_closed")
    try:
        assert {it.check for it in ledger.verify()} == {"ledger.closed_tables"}
    finally:
        owner_sql("ALTER TABLE ledger_transfer_202606 ENABLE TRIGGER ledger_closed")


def test_a_month_closes_once_when_it_is_over(books: Books) -> None:
    books.post(award(books, 1, "once"))
    assert state(JUNE).state == "open"
    close(dt.date(2026, 6, 17))
    assert state(JUNE) == ledger.BookingMonth(
        month=JUNE, state="closed", closed_at=NOW, closed_by=SYSTEM.id
    )
    with pytest.raises(ledger.MonthClosed):
        close(JUNE)
    with pytest.raises(ledger.MonthNotOver):
        close(NOW.date())
    with pytest.raises(ledger.MonthOpen):
        reopen(AUGUST)
    reopen(JUNE)
    assert state(JUNE) == ledger.BookingMonth(
        month=JUNE, state="open", closed_at=None, closed_by=None
    )
    changes = rows("SELECT state FROM ledger_period_change WHERE month = %s ORDER BY id", [JUNE])
    assert [row.state for row in changes][-2:] == ["closed", "open"]


def test_the_month_ends_by_the_citys_clock(books: Books) -> None:
    """In Taipei July begins at 16:00 UTC of 30 June."""
    before = dt.datetime(2026, 6, 30, 15, 59, tzinfo=dt.UTC)
    with pytest.raises(ledger.MonthNotOver), unit_of_work():
        ledger.close_month(month=JUNE, actor=SYSTEM, now=before)
    with unit_of_work():
        ledger.close_month(month=JUNE, actor=SYSTEM, now=before + dt.timedelta(minutes=1))


def test_a_month_closes_under_twelve_writers(books: Books) -> None:
    """Nothing is lost, nobody fails, and nothing is booked in the month once it is closed."""
    begin = threading.Barrier(13)
    counted: list[int] = []

    def write(n: int) -> Counter[str]:
        begin.wait(PATIENCE_S)
        try:
            found: Counter[str] = Counter()
            for turn in range(15):
                moves = [award(books, 10 + n, n, turn, i) for i in range(5)]
                if turn % 3 == 0:
                    moves = moves[:1]
                found += Counter(outcomes(books.post(*moves)))
            return found
        finally:
            connection.close()

    def close_it() -> None:
        begin.wait(PATIENCE_S)
        try:
            close(JUNE)
            counted.append(_in_june())
        finally:
            connection.close()

    with ThreadPoolExecutor(13) as pool:
        writers = [pool.submit(write, n) for n in range(12)]
        pool.submit(close_it).result()
        found = sum((writer.result() for writer in writers), Counter())

    assert found == {"posted": 12 * (10 * 5 + 5)}
    assert _in_june() == counted[0]
    assert sum(books.balance(10 + n).available for n in range(12)) == 10 * found["posted"]
    assert ledger.verify() == []


def _in_june() -> int:
    [row] = rows("SELECT count(*) AS n FROM ledger_transfer WHERE booked_month = %s", [JUNE])
    return int(row.n)
