"""Money control: vouchers that balance, what is outstanding by age, the fiscal year's end."""

import datetime as dt
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from citycard.ledger.liability import by_age
from tests.ledger import clearing_town
from tests.ledger.clearing_town import (
    AFTER,
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

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(db: None) -> Town:
    return Town()


def busy(town: Town) -> None:
    town.award("health", 100, IN_OCTOBER)
    town.award("sports", 40, IN_OCTOBER + dt.timedelta(days=3))
    redeemed = town.redeem("health", "easycard", 60, IN_OCTOBER + dt.timedelta(days=3))
    town.take_back(redeemed, IN_OCTOBER + dt.timedelta(days=4), 10)
    town.move(ledger.loss(unit=UNIT, code="K1"), town.partner("easycard"), 5, IN_OCTOBER)


def trial(on: dt.date) -> dict[tuple[str, str], int]:
    return {(it.account_class, it.code): it.amount for it in ledger.trial_balance(on=on)}


class TestVouchers:
    """The journal export."""

    def test_each_balances_and_together_they_are_the_trial_balances_change(
        self, town: Town
    ) -> None:
        busy(town)
        found = ledger.vouchers(month=OCTOBER)
        moved: defaultdict[tuple[str, str], int] = defaultdict(int)
        for one in found:
            assert sum(it.debit for it in one.lines) == sum(it.credit for it in one.lines)
            for it in one.lines:
                moved[it.account_class, it.whose] += it.credit - it.debit
        before, after = trial(dt.date(2026, 9, 30)), trial(dt.date(2026, 10, 31))
        changed = {
            name: after.get(name, 0) - before.get(name, 0) for name in {*before, *after, *moved}
        }
        assert {name: amount for name, amount in moved.items() if amount} == {
            name: amount for name, amount in changed.items() if amount
        }

    def test_are_by_day_fund_and_kind_with_the_citys_codes(self, town: Town) -> None:
        busy(town)
        [award] = [
            it
            for it in ledger.vouchers(month=OCTOBER)
            if it.fund == town.funds["sports"] and it.kind == "test"
        ]
        assert award.day == dt.date(2026, 10, 13)
        codes = {it.account_class: (it.account.code, it.debit, it.credit) for it in award.lines}
        chart = {row["class"]: row["code"] for row in reversed(_chart())}
        assert codes == {"budget": (chart["budget"], 40, 0), "member": (chart["member"], 0, 40)}
        numbers = [it.number for it in ledger.vouchers(month=OCTOBER)]
        assert len(set(numbers)) == len(numbers)
        assert numbers[0] == "202610-000001"

    def test_what_came_late_is_dated_in_the_open_month(self, town: Town) -> None:
        town.award("health", 100, IN_SEPTEMBER)
        close(SEPTEMBER)
        town.redeem("health", "easycard", 10, IN_SEPTEMBER)
        [late] = ledger.vouchers(month=OCTOBER)
        assert (late.day, late.late) == (OCTOBER, True)


def _chart() -> list[dict[str, str]]:
    found: list[dict[str, str]] = current_pack().table("books")["chart"]
    return found


def test_a_units_own_account_goes_before_the_one_for_any() -> None:
    own = ledger.chart_account(account_class="city", unit="ntd")
    assert own.code != ledger.chart_account(account_class="city", unit=UNIT).code


class TestLiability:
    """What is outstanding, how old it is, and how much of it will probably lapse."""

    def test_is_what_people_have_by_fund_and_last_day(self, town: Town) -> None:
        town.award("health", 100, IN_SEPTEMBER)
        town.award("health", 50, IN_OCTOBER)
        town.redeem("health", "easycard", 80, IN_NOVEMBER)
        [line] = ledger.liability(on=AFTER.date()).lines
        assert (line.agency, line.amount, line.last_day) == ("health", 70, None)
        assert line.by_age == {SEPTEMBER: 20, OCTOBER: 50}  # the oldest is spent first
        assert line.expected_to_lapse == 0  # it never lapses

    def test_is_the_same_before_and_after_closing(self, town: Town) -> None:
        town.award("health", 100, IN_SEPTEMBER)
        town.redeem("health", "easycard", 30, IN_OCTOBER)
        before = ledger.liability(on=AFTER.date())
        close(SEPTEMBER)
        close(OCTOBER)
        assert ledger.liability(on=AFTER.date()) == before

    def test_expects_what_history_shows(self, town: Town) -> None:
        gone, to_come = dt.date(2026, 10, 31), dt.date(2027, 12, 31)

        def lot(last: dt.date) -> ledger.AccountRef:
            return ledger.member(holder=7, unit=UNIT, fund=town.funds["health"], expires_on=last)

        def lines() -> list[ledger.Outstanding]:
            return [it for it in ledger.liability(on=AFTER.date()).lines if it.last_day == to_come]

        town.move(town.budget("health"), lot(to_come), 80, IN_OCTOBER)
        assert lines()[0].expected_to_lapse is None  # no lot has come to its last day yet
        town.move(town.budget("health"), lot(gone), 40, IN_SEPTEMBER)
        town.move(lot(gone), town.partner("easycard"), 30, IN_OCTOBER)
        town.move(lot(gone), town.budget("health"), 10, IN_NOVEMBER, kind="points.lapsed")
        report = ledger.liability(on=AFTER.date())
        assert (report.history[UNIT].issued, report.history[UNIT].lapsed) == (40, 10)
        assert lines()[0].expected_to_lapse == 20  # a quarter of the 80 that were issued
        town.move(lot(to_come), town.partner("easycard"), 75, IN_NOVEMBER)
        assert lines()[0].expected_to_lapse == 5  # no more than is left


@given(
    st.integers(0, 1000),
    st.dictionaries(
        st.sampled_from([dt.date(2026, month, 1) for month in range(1, 12)]),
        st.integers(-50, 500),
        min_size=1,
    ),
)
def test_ages_add_up_to_what_is_left(amount: int, issued: dict[dt.date, int]) -> None:
    assert sum(by_age(amount, issued).values()) == amount


class TestYearEnd:
    """Unspent budgets at the end of the fiscal year."""

    DECEMBER = dt.date(2026, 12, 1)
    JANUARY = dt.datetime(2027, 1, 14, 4, tzinfo=dt.UTC)

    def back(self, town: Town) -> dict[int, int]:
        with unit_of_work():
            return ledger.return_unspent(month=self.DECEMBER, actor=SYSTEM, now=self.JANUARY)

    def left(self, town: Town, agency: str) -> int:
        fund = town.funds[agency]
        return ledger.fund_totals(fund_ids=[fund])[fund].budget

    def test_goes_back_where_the_pack_says_so(
        self, town: Town, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.rule(monkeypatch, "return")
        town.award("health", 30_000, IN_NOVEMBER)
        assert self.back(town)[town.funds["health"]] == 70_000
        assert self.left(town, "health") == 0
        assert self.back(town) == {}  # once
        lines = ledger.month_figures(month=self.DECEMBER).lines
        assert {it.agency: it.changes for it in lines}["health"] == {"budget_returned": 70_000}

    def test_what_comes_in_while_the_month_is_open_again_goes_back_too(
        self, town: Town, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A lapse or a correction reaches December's budget after the first closing."""
        self.rule(monkeypatch, "return")
        town.award("health", 30_000, IN_NOVEMBER)
        monkeypatch.setattr(clearing_town, "AFTER", self.JANUARY)
        for month in (SEPTEMBER, NOVEMBER, self.DECEMBER):
            close(month)
        assert self.left(town, "health") == 0
        for came in (12, 70_000):  # 70,000 went back the first time
            with unit_of_work():
                ledger.reopen_closed(
                    month=self.DECEMBER, reason="x", actor=SYSTEM, now=self.JANUARY
                )
            at = dt.datetime(2026, 12, 30, 4, tzinfo=dt.UTC)
            self.raise_budget(town, came, at)
            close(self.DECEMBER)
            assert self.left(town, "health") == 0
        assert ledger.verify() == []

    def raise_budget(self, town: Town, amount: int, at: dt.datetime) -> None:
        with unit_of_work():
            posted = ledger.raise_budget(
                fund_id=town.funds["health"],
                amount=amount,
                key=fact_key(at, "came in", amount),
                at=at,
                actor=SYSTEM,
                now=self.JANUARY,
            )
        assert posted.refusal is None

    def test_stays_where_it_is_carried(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rule(monkeypatch, "carry")
        assert self.back(town) == {}
        assert self.left(town, "health") == 100_000

    def test_only_at_the_end_of_a_year(self, town: Town) -> None:
        assert ledger.ends_fiscal_year(month=self.DECEMBER)
        assert not ledger.ends_fiscal_year(month=OCTOBER)
        with unit_of_work():
            assert ledger.return_unspent(month=OCTOBER, actor=SYSTEM, now=AFTER) == {}

    def rule(self, monkeypatch: pytest.MonkeyPatch, unspent: str) -> None:
        year = current_pack().table("points")["fiscal_year"]
        monkeypatch.setitem(year, "unspent_budget", unspent)


def test_the_trial_balance_is_the_same_from_closings_as_from_all_that_was_booked(
    town: Town,
) -> None:
    busy(town)
    town.award("library", 12, IN_SEPTEMBER)
    town.redeem("library", "easycard", 5, IN_NOVEMBER)
    days = [dt.date(2026, 9, 30), dt.date(2026, 10, 11), dt.date(2026, 10, 31), AFTER.date()]
    before = [ledger.trial_balance(on=day) for day in days]
    close(SEPTEMBER)
    assert [ledger.trial_balance(on=day) for day in days] == before
    close(OCTOBER)
    after = [ledger.trial_balance(on=day) for day in days]
    assert after == before
    for lines in after:
        assert sum(it.amount for it in lines) == 0


def test_the_citys_accounts_are_listed_without_peoples(town: Town) -> None:
    busy(town)
    found = ledger.city_accounts()
    assert {it.account_class for it in found} == {"issuer", "budget", "partner", "loss"}
    assert ledger.outstanding() == {UNIT: 90}
