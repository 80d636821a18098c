"""Clearing: who owes whom, opening + changes = closing, nets of zero; frozen for good."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from citycard.infra.database import execute
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.ledger import api as ledger
from citycard.ledger import clearing, worth
from citycard.ledger.month_sums import MonthSum
from tests.ledger.clearing_town import (
    AFTER,
    CHECKER,
    IN_NOVEMBER,
    IN_OCTOBER,
    IN_SEPTEMBER,
    NOVEMBER,
    OCTOBER,
    SEPTEMBER,
    UNIT,
    Town,
    close,
)


@pytest.fixture
def town(db: None) -> Town:
    return Town()


def owed(month: dt.date) -> dict[tuple[str, str], int]:
    found: defaultdict[tuple[str, str], int] = defaultdict(int)
    for one in ledger.positions(month=month):
        found[one.debtor, one.creditor] += one.amount
    return {pair: amount for pair, amount in found.items() if amount}


def line(month: dt.date, agency: str) -> ledger.FundLine:
    figures = ledger.month_figures(month=month)
    return next(it for it in figures.lines if it.agency == agency)


@pytest.fixture
def tills(monkeypatch: pytest.MonkeyPatch) -> None:
    """Agencies take points at their tills, one dollar a point."""
    own = list(worth._conversions())
    any_till = {"unit": UNIT, "rate": [{"from": dt.date(2014, 1, 1), "points": 1, "ntd": 1}]}
    monkeypatch.setattr(worth, "_conversions", lambda: iter([*own, any_till]))


def test_issued_by_one_redeemed_anywhere_the_issuer_owes(town: Town, tills: None) -> None:
    town.award("health", 100, IN_OCTOBER)
    town.award("sports", 50, IN_OCTOBER)
    town.redeem("health", "easycard", 60, IN_OCTOBER)
    town.redeem("health", "sports", 10, IN_OCTOBER)  # an agency that redeems itself
    town.redeem("sports", "easycard", 20, IN_OCTOBER)
    assert owed(OCTOBER) == {
        ("health", "easycard"): 60,
        ("health", "sports"): 10,
        ("sports", "easycard"): 20,
    }
    nets = {it.party: it.net for it in ledger.month_figures(month=OCTOBER).nets}
    assert nets == {"health": -70, "sports": -10, "easycard": 80}
    assert sum(nets.values()) == 0


def test_what_was_taken_back_is_owed_no_more(town: Town) -> None:
    town.award("health", 100, IN_OCTOBER)
    redeemed = town.redeem("health", "easycard", 60, IN_OCTOBER)
    town.take_back(redeemed, IN_OCTOBER, 25)
    assert owed(OCTOBER) == {("health", "easycard"): 35}
    town.take_back(redeemed, IN_NOVEMBER)  # in a later month: the partner owes it back there
    assert owed(OCTOBER) == {("health", "easycard"): 35}
    assert owed(NOVEMBER) == {("health", "easycard"): -35}


def test_an_award_taken_back_and_a_lapse_are_told_apart(town: Town) -> None:
    awarded = town.award("health", 100, IN_OCTOBER)
    back = town.take_back(awarded, IN_OCTOBER, 30)
    lapse = town.move(
        town.lot("health"), town.budget("health"), 20, IN_OCTOBER, kind="points.lapsed"
    )
    changes = line(OCTOBER, "health").changes
    assert (changes["issued"], changes["taken_back"], changes["lapsed"]) == (100, -30, -20)
    town.take_back(lapse, IN_OCTOBER, 5)
    town.take_back(back, IN_OCTOBER, 10)  # the taking back was wrong, in part
    changes = line(OCTOBER, "health").changes
    assert changes["lapsed"] == -15
    assert changes["issued"] + changes["taken_back"] == 80
    assert line(OCTOBER, "health").closing == 65


def test_what_is_on_its_way_is_still_owed_to_the_person(town: Town) -> None:
    town.award("health", 100, IN_OCTOBER)
    held = ledger.held(holder=7, unit=UNIT, fund=town.funds["health"])
    town.move(town.lot("health"), held, 40, IN_OCTOBER)
    assert line(OCTOBER, "health").closing == 100
    town.move(held, town.partner("easycard"), 40, IN_NOVEMBER)
    assert owed(OCTOBER) == {}
    assert owed(NOVEMBER) == {("health", "easycard"): 40}
    assert (line(NOVEMBER, "health").opening, line(NOVEMBER, "health").closing) == (100, 60)


def test_what_no_fund_answers_for_the_operator_does(town: Town) -> None:
    town.move(ledger.loss(unit=UNIT, code="kiosk:K1"), town.partner("easycard"), 5, IN_OCTOBER)
    assert owed(OCTOBER) == {("doit", "easycard"): 5}


def test_what_was_paid_ahead_the_partner_owes_to_the_city(town: Town) -> None:
    town.award("health", 100, IN_OCTOBER)
    town.redeem("health", "easycard", 60, IN_OCTOBER)
    deposit = ledger.city(code="prefund:easycard", unit="ntd")
    town.move(deposit, town.partner("easycard", "ntd"), 60, IN_OCTOBER)
    nets = {it.party: it.net for it in ledger.month_figures(month=OCTOBER).nets}
    assert nets == {"health": -60, "easycard": 0, "doit": 60}


class TestClosing:
    """A closed month stands; what comes late is in the next, marked."""

    def test_freezes_what_it_found_and_carries_it_over(self, town: Town) -> None:
        town.award("health", 100, IN_OCTOBER)
        town.redeem("health", "easycard", 60, IN_OCTOBER)
        before = ledger.month_figures(month=OCTOBER)
        close(SEPTEMBER)
        close(OCTOBER)
        after = ledger.month_figures(month=OCTOBER)
        assert after.positions == before.positions
        assert [it for it in after.lines if it.opening or it.closing] == [
            it for it in before.lines if it.opening or it.closing
        ]
        assert after.closing is not None
        assert line(NOVEMBER, "health").opening == line(OCTOBER, "health").closing == 40

    def test_what_comes_late_is_in_the_next_month_and_marked(self, town: Town) -> None:
        town.award("health", 100, IN_OCTOBER)
        close(SEPTEMBER)
        close(OCTOBER)
        town.redeem("health", "easycard", 30, IN_OCTOBER)
        town.redeem("health", "easycard", 5, IN_NOVEMBER)
        assert owed(OCTOBER) == {}
        [position] = ledger.positions(month=NOVEMBER)
        assert (position.amount, position.late, position.worth) == (35, 30, 35)
        assert line(NOVEMBER, "health").late == {"redeemed": -30}
        assert line(NOVEMBER, "health").closing == 65

    def test_months_close_in_order_and_open_in_reverse(self, town: Town) -> None:
        town.award("health", 100, IN_OCTOBER)
        with pytest.raises(ledger.EarlierMonthOpen):
            close(OCTOBER)
        close(SEPTEMBER)
        close(OCTOBER)
        with pytest.raises(ledger.MonthClosed):
            close(OCTOBER)
        with pytest.raises(ledger.LaterMonthClosed), unit_of_work():
            ledger.reopen_closed(month=SEPTEMBER, reason="x", actor=CHECKER, now=AFTER)

    def test_a_month_opened_again_gets_a_new_version_beside_the_old(self, town: Town) -> None:
        town.award("health", 100, IN_SEPTEMBER)
        first = close(SEPTEMBER)
        with unit_of_work():
            ledger.reopen_closed(month=SEPTEMBER, reason="漏列", actor=CHECKER, now=AFTER)
        town.redeem("health", "easycard", 30, IN_SEPTEMBER)
        second = close(SEPTEMBER)
        old, new = ledger.closing(closing_id=first), ledger.closing(closing_id=second)
        assert (old.version, new.version) == (1, 2)
        assert old.reopened_why == "漏列"
        assert ledger.closing_figures(closing=old).positions == ()
        assert len(ledger.closing_figures(closing=new).positions) == 1
        assert ledger.closing_of(month=SEPTEMBER) == new

    def test_a_step_asked_twice_is_done_once(self, town: Town) -> None:
        town.award("health", 100, IN_SEPTEMBER)
        number = close(SEPTEMBER, frozen=False)
        with pytest.raises(ledger.ClosingUnfinished), unit_of_work():
            ledger.finish_closing(closing_id=number, now=AFTER)
        with pytest.raises(ledger.ClosingUnfinished), unit_of_work():
            ledger.reopen_closed(month=SEPTEMBER, reason="x", actor=CHECKER, now=AFTER)
        for _ in range(2):
            with unit_of_work():
                ledger.freeze_closing(closing_id=number, now=AFTER)
        for _ in range(2):
            with unit_of_work():
                ledger.finish_closing(closing_id=number, now=AFTER)
        assert ledger.closing(closing_id=number).state == "done"

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE ledger_closing_position SET amount = 1",
            "DELETE FROM ledger_closing_line",
            "UPDATE ledger_closing SET approved_by = 'staff:9'",
            "DELETE FROM ledger_closing",
        ],
    )
    def test_the_application_can_not_rewrite_it(self, town: Town, statement: str) -> None:
        close(SEPTEMBER)
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            execute(statement)

    def test_nothing_is_added_to_what_is_frozen(self, town: Town) -> None:
        number = close(SEPTEMBER)
        with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
            execute(
                "INSERT INTO ledger_closing_position VALUES (%s, 'a', 'b', 0, 'u', 1, 0, 1)",
                [number],
            )
        with pytest.raises(IntegrityError, match="already"), transaction.atomic():
            execute("UPDATE ledger_closing SET state = 'begun', frozen_at = NULL, done_at = NULL")

    def test_nobody_closes_alone(self, town: Town) -> None:
        with pytest.raises(IntegrityError), unit_of_work():
            ledger.begin_closing(
                month=SEPTEMBER, made_by=CHECKER.id, reason="x", actor=CHECKER, now=AFTER
            )

    def test_what_stands_adds_up_to_zero_and_is_the_trial_balance(self, town: Town) -> None:
        town.award("health", 100, IN_SEPTEMBER)
        town.redeem("health", "easycard", 30, IN_SEPTEMBER)
        close(SEPTEMBER)
        from citycard.ledger.closings import frozen_standings

        [found] = ledger.closings(month=SEPTEMBER)
        standings = frozen_standings(found.closing_id)
        assert sum(it.amount for it in standings) == 0
        summed: defaultdict[tuple[str, str], int] = defaultdict(int)
        for it in standings:
            summed[it.account_class, it.code] += it.amount
        trial = {
            (it.account_class, it.code): it.amount
            for it in ledger.trial_balance(on=dt.date(2026, 9, 30))
            if it.amount
        }
        assert dict(summed) == trial


class TestWorth:
    """Points in NT$ by the rate of their day."""

    @pytest.fixture
    def rates(self, monkeypatch: pytest.MonkeyPatch) -> None:
        conversions = [
            {
                "unit": UNIT,
                "partner": "easycard",
                "rate": [
                    {"from": dt.date(2014, 1, 1), "points": 1, "ntd": 1},
                    {"from": dt.date(2026, 10, 15), "points": 3, "ntd": 2},
                ],
            },
            {"unit": UNIT, "rate": [{"from": dt.date(2020, 1, 1), "points": 2, "ntd": 1}]},
        ]
        monkeypatch.setattr(worth, "_conversions", lambda: iter(conversions))

    @pytest.mark.parametrize(
        ("partner", "amount", "day", "ntd"),
        [
            ("easycard", 10, dt.date(2026, 10, 14), 10),
            ("easycard", 10, dt.date(2026, 10, 15), 7),  # 6.67
            ("easycard", -10, dt.date(2026, 10, 15), -7),
            ("sports", 5, dt.date(2026, 10, 15), 3),  # any till: 2.5, half a dollar up
            ("sports", 5, dt.date(2019, 10, 15), None),
            ("easycard", 5, None, None),
        ],
    )
    def test_by_partner_and_day(
        self, rates: None, partner: str, amount: int, day: dt.date | None, ntd: int | None
    ) -> None:
        assert worth.worth(unit=UNIT, partner=partner, amount=amount, day=day) == ntd

    def test_dollars_are_dollars_and_the_unknown_is_not_worth_zero(self, rates: None) -> None:
        assert worth.worth(unit="ntd", partner="x", amount=7, day=None) == 7
        minutes = "volunteer-minutes"
        assert worth.worth(unit=minutes, partner="easycard", amount=7, day=OCTOBER) is None
        assert worth.worth(unit="ride-points", partner="taxi", amount=7, day=OCTOBER) == 7

    def test_a_rate_that_changes_within_a_month_splits_it(self, rates: None, town: Town) -> None:
        town.award("health", 100, IN_OCTOBER)
        town.redeem("health", "easycard", 30, IN_OCTOBER)
        town.redeem("health", "easycard", 30, IN_OCTOBER + dt.timedelta(days=10))
        [position] = ledger.positions(month=OCTOBER)
        assert (position.amount, position.worth) == (60, 30 + 20)


# ── properties, without a database ───────────────────────────────────────────────────────────

AGENCIES = ("a", "b", "c")
PARTIES = ("p", "q", "a")
FUNDS = {
    n: ledger.Fund(id=n, agency=agency, campaign_ref="x", unit=UNIT)
    for n, agency in enumerate(AGENCIES, 1)
}
CLASSES = ("issuer", "budget", "member", "held", "partner", "breakage", "loss", "city")


@st.composite
def sums(draw: Callable[..., Any]) -> MonthSum:
    def side() -> tuple[str, int, str]:
        kind = draw(st.sampled_from(CLASSES))
        fund = draw(st.sampled_from([1, 2, 3])) if kind in ("budget", "member", "held") else 0
        code = draw(st.sampled_from(PARTIES)) if kind in ("partner", "issuer", "city") else ""
        return kind, fund, code

    (from_class, from_fund, from_code), (to_class, to_fund, to_code) = side(), side()
    return MonthSum(
        unit=UNIT,
        from_class=from_class,
        from_fund=from_fund,
        from_last=None,
        from_code=from_code,
        to_class=to_class,
        to_fund=to_fund,
        to_last=None,
        to_code=to_code,
        late=draw(st.booleans()),
        rate_day=draw(st.sampled_from([None, dt.date(2026, 1, 1)])),
        lapse=draw(st.booleans()),
        amount=draw(st.integers(1, 10**9)),
        transfers=1,
    )


@given(st.lists(sums(), max_size=30))
@settings(max_examples=300)
def test_nets_add_up_to_zero_and_closing_is_what_people_have(found: list[MonthSum]) -> None:
    positions = clearing.positions_of(found, FUNDS, operator="o")
    assert sum(it.net for it in clearing.nets_of(positions=positions)) == 0
    after = clearing.standings_after([], found)
    for line_ in clearing.fund_lines_of(found, [], FUNDS):
        people = [
            it.amount
            for it in after
            if it.fund == line_.fund and it.account_class in ("member", "held")
        ]
        assert line_.closing == sum(people)
    assert sum(it.amount for it in after) == 0


@given(st.lists(sums(), max_size=20), st.lists(sums(), max_size=20))
def test_one_months_closing_is_the_nexts_opening(
    first: list[MonthSum], second: list[MonthSum]
) -> None:
    between = clearing.standings_after([], first)
    closing = {it.fund: it.closing for it in clearing.fund_lines_of(first, [], FUNDS)}
    for line_ in clearing.fund_lines_of(second, between, FUNDS):
        assert line_.opening == closing.get(line_.fund, 0)


@given(st.lists(sums(), max_size=30))
def test_what_partners_got_is_what_was_claimed(found: list[MonthSum]) -> None:
    """A plain count, written another way: each partner's account moved by what it is owed."""
    claimed: defaultdict[str, int] = defaultdict(int)
    for it in clearing.positions_of(found, FUNDS, operator="o"):
        claimed[it.creditor] += it.amount
        if it.debtor in PARTIES and it.fund is None:
            claimed[it.debtor] -= it.amount
    for party in ("p", "q"):
        moved = sum(it.amount for it in found if (it.to_class, it.to_code) == ("partner", party))
        moved -= sum(
            it.amount for it in found if (it.from_class, it.from_code) == ("partner", party)
        )
        assert claimed[party] == moved


def test_every_conversion_of_the_pack_has_a_worth() -> None:
    table = current_pack().table("points")
    for conversion in table["conversions"].values():
        day = conversion["rate"][-1]["from"]
        partner = conversion.get("partner", "sports")
        assert worth.worth(unit=conversion["unit"], partner=partner, amount=10, day=day)
