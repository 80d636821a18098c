"""Exchanging units: each adds up by itself, nothing is rounded, the rate is the day's."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from citycard.infra.packs import Text
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.ledger import api as ledger
from tests.ledger.conftest import NOW, UNIT, Books

MINUTES = "volunteer-minutes"
TODAY = NOW.date()


@pytest.fixture
def hours(books: Books) -> int:
    """Give person 1 some hours, in two lots; returns their fund."""
    with unit_of_work():
        fund = ledger.open_fund(
            agency="social-welfare", campaign_ref="time-bank", unit=MINUTES, actor=SYSTEM, now=NOW
        )
        ledger.raise_budget(
            fund_id=fund, amount=1000, key=books.key("m"), at=NOW, actor=SYSTEM, now=NOW
        )
    books.post(
        *(
            replace(
                books.award(1, amount, "hours", n),
                transfers=[
                    ledger.Transfer(
                        source=ledger.budget(fund_id=fund, unit=MINUTES),
                        target=ledger.member(
                            holder=1, unit=MINUTES, fund=fund, expires_on=expires_on
                        ),
                        amount=amount,
                    )
                ],
            )
            for n, (amount, expires_on) in enumerate(((100, None), (50, dt.date(2026, 12, 31))))
        )
    )
    return fund


def swap(books: Books, *what: object, **more: Any) -> ledger.Exchange:
    return ledger.Exchange(
        **{
            "key": books.key("swap", *what),
            "at": NOW,
            "holder": 1,
            "gives": MINUTES,
            "gives_amount": 120,
            "gets": UNIT,
            "gets_amount": 20,
            "fund": books.fund,
            "expires_on": dt.date(2028, 12, 31),
            **more,
        }
    )


def do(*exchanges: ledger.Exchange) -> list[ledger.Posted]:
    with unit_of_work():
        return ledger.exchange_many(exchanges=exchanges, actor=SYSTEM, now=NOW)


def balance(unit: str) -> int:
    return ledger.balances(holders=[1], unit=unit, on=TODAY, access=None)[1].available


def sums() -> dict[str, int]:
    found: dict[str, int] = {}
    for line in ledger.trial_balance(on=TODAY):
        found[line.unit] = found.get(line.unit, 0) + line.amount
    return found


def test_both_units_move_in_one_move_and_each_adds_up(books: Books, hours: int) -> None:
    (posted,) = do(swap(books))

    assert [(part.fund, part.amount) for part in posted.parts] == [
        (hours, 50),
        (hours, 70),
        (books.fund, 20),
    ]
    assert (balance(MINUTES), balance(UNIT)) == (30, 20)
    assert sums() == {MINUTES: 0, UNIT: 0}
    trial = {(t.account_class, t.unit, t.code): t.amount for t in ledger.trial_balance(on=TODAY)}
    assert trial["city", MINUTES, "exchange"] == 120
    assert trial["city", UNIT, "exchange"] == -20
    assert ledger.verify() == []


def test_funds_still_add_up(books: Books, hours: int) -> None:
    do(swap(books))
    for fund, total in ledger.fund_totals(fund_ids=[hours, books.fund]).items():
        parts = (total.with_people, total.held, total.redeemed, total.lapsed, total.exchanged)
        assert total.awarded == sum(parts), fund
        assert total.exchanged == {hours: 120, books.fund: -20}[fund]


def test_too_little_is_refused_with_what_is_there_and_again_is_once(
    books: Books, hours: int
) -> None:
    first, second, again = do(swap(books, 1), swap(books, 2), swap(books, 1))
    assert second.refusal == ledger.NotEnoughPoints(balance=30, wanted=120, unit=MINUTES)
    assert (again.outcome, again.parts) == ("duplicate", first.parts)
    (later,) = do(swap(books, 1))
    assert (later.outcome, later.parts) == ("duplicate", first.parts)
    (other,) = do(swap(books, 1, gets_amount=21))
    assert isinstance(other.refusal, ledger.KeyUsed)


def test_one_unit_is_not_exchanged_for_itself(books: Books, hours: int) -> None:
    (answer,) = do(swap(books, gets=MINUTES))
    assert isinstance(answer.refusal, ledger.AmountWrong)


def test_an_exchange_is_taken_back_in_whole_only(books: Books, hours: int) -> None:
    done = swap(books)
    do(done)
    back = ledger.Reversal(key=books.key("back"), of=done.key, kind="back", at=NOW, amount=5)
    with unit_of_work():
        part, whole = ledger.reverse_many(
            reversals=[back, replace(back, key=books.key("whole"), amount=None)],
            actor=SYSTEM,
            now=NOW,
        )
    assert isinstance(part.refusal, ledger.WholeOnly)
    assert whole.outcome == "posted"
    assert (balance(MINUTES), balance(UNIT)) == (150, 0)
    assert ledger.verify() == []


TERMS = ledger.ExchangeTerms(
    code="x",
    name=Text.same("x"),
    gives=MINUTES,
    gets=UNIT,
    give=60,
    get=10,
    least=60,
    step=1,
    agency="health",
    since=TODAY,
    source="x",
)


@given(
    give=st.integers(1, 50),
    get=st.integers(1, 50),
    least=st.integers(1, 99),
    step=st.integers(1, 12),
    amount=st.integers(-5, 3000),
)
def test_what_comes_out_is_exact_and_refusals_name_amounts_that_do(
    give: int, get: int, least: int, step: int, amount: int
) -> None:
    terms = replace(TERMS, give=give, get=get, least=least, step=step)
    try:
        assert terms.worth(amount) * give == amount * get
    except ledger.AmountNotExchanged as no:
        below, above = no.facts["below"], no.facts["above"]
        assert terms.worth(below) * give == below * get
        assert terms.worth(above) * give == above * get
        assume(amount >= below)
        assert below < amount < above
    most = terms.most(max(amount, 0))
    assert most <= max(amount, 0)
    assert most == 0 or terms.worth(most) > 0


def test_the_rate_is_the_packs_of_the_day() -> None:
    terms = ledger.exchange_terms(code="hours-to-points", on=TODAY)
    assert terms.worth(120) == 20
    with pytest.raises(ledger.NotExchanged) as early:
        ledger.exchange_terms(code="hours-to-points", on=dt.date(2016, 1, 1))
    assert early.value.facts["first"] == dt.date(2017, 1, 1)
