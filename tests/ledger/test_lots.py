"""Lots: spent earliest lapse first, then oldest fund; holds that end once."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest

from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access, AccessTooNarrow
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from tests.ledger.conftest import NOW, UNIT, Books

SOON, LATER, PAST = dt.date(2026, 12, 31), dt.date(2027, 12, 31), dt.date(2026, 11, 20)
EASYCARD = ledger.partner(code="easycard", unit=UNIT)


@pytest.fixture
def lots(books: Books, fund_of: Callable[[str], int]) -> tuple[int, int]:
    """Give person 1 five lots, 25 points of which 5 have lapsed; returns the two funds."""
    other = fund_of("campaign-2")
    books.post(
        books.award(1, 5, "never"),
        books.award(1, 5, "later", expires_on=LATER),
        books.award(1, 5, "soon, second fund", expires_on=SOON, fund=other),
        books.award(1, 5, "soon", expires_on=SOON),
        books.award(1, 5, "past", expires_on=PAST),
    )
    return books.fund, other


def test_what_lapses_first_is_spent_first_and_names_its_fund(
    books: Books, lots: tuple[int, int]
) -> None:
    first, second = lots
    assert books.balance(1).available == 20

    (spent,) = books.post_spends(books.spend(1, 12))

    assert [(part.fund, part.expires_on, part.amount) for part in spent.parts] == [
        (first, SOON, 5),
        (second, SOON, 5),
        (first, LATER, 2),
    ]
    assert (books.balance(1).available, books.balance(1).held) == (8, 12)
    assert ledger.verify() == []


def test_several_spends_of_one_person_in_one_batch_are_decided_in_order(
    books: Books, lots: tuple[int, int]
) -> None:
    answers = books.post_spends(
        books.spend(1, 15, 1), books.spend(1, 6, 2), books.spend(1, 5, 3), books.spend(1, 15, 1)
    )
    outcomes = [answer.outcome for answer in answers]
    assert outcomes == ["posted", "refused", "posted", "duplicate"]
    assert answers[1].refusal == ledger.NotEnoughPoints(balance=5, wanted=6, unit=UNIT)
    assert answers[3].parts == answers[0].parts
    assert books.balance(1).available == 0


def test_a_repeated_spend_is_told_its_first_parts_whatever_is_left(
    books: Books, lots: tuple[int, int]
) -> None:
    (first,) = books.post_spends(books.spend(1, 20))
    (again,) = books.post_spends(books.spend(1, 20))
    assert (again.outcome, again.parts) == ("duplicate", first.parts)
    (other,) = books.post_spends(books.spend(1, 19))
    assert isinstance(other.refusal, ledger.KeyUsed)


def end(books: Books, hold: ledger.Spend, *what: object, **more: object) -> ledger.HoldEnd:
    return ledger.HoldEnd(
        key=books.key("end", *what), hold=hold.key, kind="redemption.ended", at=NOW, **more
    )


def settle(*ends: ledger.HoldEnd) -> list[ledger.Posted]:
    with unit_of_work():
        return ledger.settle_held_many(ends=ends, actor=SYSTEM, now=NOW)


def release(*ends: ledger.HoldEnd, now: dt.datetime = NOW) -> list[ledger.Posted]:
    with unit_of_work():
        return ledger.release_held_many(ends=ends, actor=SYSTEM, now=now)


def test_a_hold_settles_once(books: Books, lots: tuple[int, int]) -> None:
    hold = books.spend(1, 12)
    books.post_spends(hold)

    done = end(books, hold, into=EASYCARD)
    assert [settle(done)[0].outcome for _ in range(2)] == ["posted", "duplicate"]
    (late,) = settle(end(books, hold, "late", into=EASYCARD))
    assert late.refusal == ledger.HoldEnded(key=str(hold.key), state="settled")
    (back,) = release(end(books, hold, "back"))
    assert isinstance(back.refusal, ledger.HoldEnded)
    assert (books.balance(1).available, books.balance(1).held) == (8, 0)
    totals = ledger.fund_totals(fund_ids=lots)
    assert [totals[fund].redeemed for fund in lots] == [7, 5]
    assert totals[lots[0]].awarded == 20
    assert ledger.verify() == []


def test_a_released_hold_goes_back_to_its_lots(books: Books, lots: tuple[int, int]) -> None:
    before = books.balance(1)
    hold = books.spend(1, 12)
    books.post_spends(hold)
    first, second = release(end(books, hold, 1), end(books, hold, 2))

    assert (first.outcome, second.outcome) == ("posted", "refused")
    assert books.balance(1) == before
    assert isinstance(settle(end(books, hold, 3, into=EASYCARD))[0].refusal, ledger.HoldEnded)
    assert ledger.verify() == []


def test_what_is_released_after_its_last_day_gets_a_day_of_grace(
    books: Books, lots: tuple[int, int]
) -> None:
    hold = books.spend(1, 12)
    books.post_spends(hold)
    later = dt.datetime(2027, 1, 10, tzinfo=dt.UTC)
    grace = dt.date(2027, 2, 10)
    ended = replace(end(books, hold), at=later, key=fact_key(later, "late"), grace_until=grace)
    release(ended, now=later)

    on = dt.date(2027, 1, 10)
    left = ledger.balances(holders=[1], unit=UNIT, on=on, access=None)[1]
    assert [(lot.expires_on, lot.amount) for lot in left.lots] == [
        (grace, 5),
        (grace, 5),
        (LATER, 5),
        (None, 5),
    ]


def test_a_hold_keeps_its_points_across_their_last_day(books: Books, lots: tuple[int, int]) -> None:
    hold = books.spend(1, 12)
    books.post_spends(hold)
    later = NOW + dt.timedelta(days=60)
    done = replace(end(books, hold, into=EASYCARD), at=later, key=fact_key(later, "late"))
    with unit_of_work():
        (settled,) = ledger.settle_held_many(ends=[done], actor=SYSTEM, now=later)
    assert settled.outcome == "posted"
    assert sum(part.amount for part in settled.parts) == 12


def test_an_unknown_hold_is_refused(books: Books) -> None:
    (answer,) = release(end(books, books.spend(1, 1)))
    assert isinstance(answer.refusal, ledger.HoldUnknown)


def test_history_is_newest_first_and_reads_on(books: Books) -> None:
    for n in range(5):
        at = NOW - dt.timedelta(days=20 * n)
        books.post(replace(books.award(1, 1 + n), at=at, key=fact_key(at, n)))
    hold = books.spend(1, 4, "x")
    books.post_spends(hold)

    page = ledger.history(holder=1, unit=UNIT, limit=3, access=None)
    rest = ledger.history(holder=1, unit=UNIT, limit=9, before=page[-1].key, access=None)
    entries = [(e.kind, e.amount, e.held) for e in page + rest]
    spent, awards = ("redemption.reserved", -4, 4), [("campaign.award", n, 0) for n in range(1, 6)]
    assert sorted(entries[:2]) == sorted([spent, awards[0]])
    assert entries[2:] == awards[1:]
    assert {e.other for e in page + rest} == {"held", "budget"}


def test_somebody_elses_points_need_an_access(books: Books, lots: tuple[int, int]) -> None:
    access = Access(
        subjects=frozenset({2}),
        fields=frozenset({"points"}),
        purpose="x",
        actor=SYSTEM,
        record_id=1,
    )
    with pytest.raises(AccessTooNarrow):
        ledger.balances(holders=[1], unit=UNIT, on=NOW.date(), access=access)
    with pytest.raises(AccessTooNarrow):
        ledger.history(holder=1, unit=UNIT, access=access)


def test_trial_balance_adds_up_to_zero_and_statements_name_partners(
    books: Books, lots: tuple[int, int]
) -> None:
    hold = books.spend(1, 12)
    books.post_spends(hold)
    settle(end(books, hold, into=EASYCARD))

    lines = ledger.trial_balance(on=NOW.date())
    assert sum(line.amount for line in lines if line.unit == UNIT) == 0
    assert {(line.account_class, line.code): line.amount for line in lines} == {
        ("issuer", "health"): -2000,
        ("budget", ""): 1975,
        ("member", ""): 13,
        ("held", ""): 0,
        ("partner", "easycard"): 12,
    }
    statement = ledger.statement(agency="health", month=NOW.date())
    assert sum(line.redeemed for line in statement if line.partner == "easycard") == 12
    assert sum(line.awarded for line in statement) == 25
