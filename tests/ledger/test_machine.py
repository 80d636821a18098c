"""Anything in any order, played into the ledger and a plain model: every answer and sum agrees.

Moves, holds, lots, lapses, reversals (of reversals, too), exchanges and months that close.
"""

import datetime as dt
import os
import uuid
from collections import Counter
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from citycard.ledger import lapsing, lasting
from tests.ledger.model import Account, Model, day, month

START = dt.datetime(2026, 11, 21, 3, 0, tzinfo=dt.UTC)
POINTS, RIDES = "taipei-points", "ride-points"
RULES = {POINTS: ("fund", 31), RIDES: ("city", 1)}
HEARD = {RIDES: 5}
"""Days for which late uploads are heard before a lot lapses."""
PARTNERS = {unit: ledger.partner(code="easycard", unit=unit) for unit in RULES}
AGENCY = "health"
HOLDERS = (1, 2, 3)
FAR_BACK = dt.date(2000, 1, 1)
LONG = int(os.environ.get("CITYCARD_EXAMPLES", "120"))
"""How many runs the long form makes; each is a few seconds."""

holders = st.sampled_from(HOLDERS)
units = st.sampled_from(sorted(RULES))
amounts = st.integers(1, 25)
little = st.integers(1, 14)
lasts = st.sampled_from((None, 0, 9, 40))  # days until the last one
late = st.sampled_from((0, 0, 0, 3, 35, 70))  # days by which something comes late


def expiry_rule(unit: str) -> dict[str, Any]:
    lapsed_to, grace = RULES[unit]
    return {"lapsed_to": lapsed_to, "grace_days": grace, "at": "day"}


class Machine(RuleBasedStateMachine):
    """Each rule does the same to both and compares the answers."""

    posted = Bundle("posted")
    holds = Bundle("holds")
    charges = Bundle("charges")
    lapsed = Bundle("lapsed")

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.now = START
        self.count = self.steps = 0
        self.model = Model(RULES, HEARD)
        self.funds: dict[int, str] = {}
        self.lapses: set[uuid.UUID] = set()

    def teardown(self) -> None:
        try:
            self.steps = 4
            self.reports_agree()
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    # -- what both are told

    @initialize()
    def funds_are_opened(self) -> None:
        for unit in (POINTS, POINTS, RIDES):
            with unit_of_work():
                fund = ledger.open_fund(
                    agency=AGENCY,
                    campaign_ref=f"c{len(self.funds)}",
                    unit=unit,
                    actor=SYSTEM,
                    now=self.now,
                )
            self.funds[fund] = unit
            self.raise_budget(len(self.funds) - 1, 300)

    @initialize(target=posted)
    def everybody_has_something(self) -> object:
        if not self.funds:
            self.funds_are_opened()
        lots = ((0, None, 6), (0, 0, 7), (0, 9, 5), (1, 9, 4), (1, 40, 6), (2, 9, 6), (2, None, 4))
        return self.award(
            [(holder, n, last, amount, 0) for holder in HOLDERS for n, last, amount in lots]
        )

    @rule(target=posted, n=st.integers(0, 2), amount=amounts)
    def raise_budget(self, n: int, amount: int) -> object:
        fund, key = self.fund(n), self.key()
        with unit_of_work():
            done = ledger.raise_budget(
                fund_id=fund, amount=amount, key=key, at=self.now, actor=SYSTEM, now=self.now
            )
        unit = self.funds[fund]
        source, target = ("issuer", unit), ("budget", unit, fund)
        assert done.outcome == self.model.move(key, self.now, source, target, amount)
        return key

    @rule(
        target=posted,
        batch=st.lists(
            st.tuples(holders, st.integers(0, 2), lasts, amounts, late), min_size=1, max_size=4
        ),
    )
    def award(self, batch: list[tuple[int, int, int | None, int, int]]) -> object:
        moves, expected = [], []
        for holder, n, last, amount, days in batch:
            fund, at = self.fund(n), self.now - dt.timedelta(days=days)
            unit, key = self.funds[fund], self.key(at)
            ends = None if last is None else day(at) + dt.timedelta(days=last)
            lot = ledger.member(holder=holder, unit=unit, fund=fund, expires_on=ends)
            source = ledger.budget(fund_id=fund, unit=unit)
            gives = ledger.Transfer(source=source, target=lot, amount=amount)
            moves.append(ledger.Move(key=key, kind="award", at=at, transfers=[gives]))
            ours = ("member", unit, holder, fund, ends)
            expected.append(self.model.move(key, at, ("budget", unit, fund), ours, amount))
        with unit_of_work():
            answers = ledger.move_many(moves=moves, actor=SYSTEM, now=self.now)
        return self.agree(answers, expected)

    @rule(target=holds, holder=holders, unit=units, amount=little, days=late)
    def reserve(self, holder: int, unit: str, amount: int, days: int) -> object:
        return self.spend(holder, unit, amount, days, "held")

    @rule(targets=(posted, charges), holder=holders, unit=units, amount=little, days=late)
    def pay(self, holder: int, unit: str, amount: int, days: int) -> object:
        return self.spend(holder, unit, amount, days, PARTNERS[unit])

    def spend(
        self, holder: int, unit: str, amount: int, days: int, into: ledger.AccountRef | Any
    ) -> object:
        at = self.now - dt.timedelta(days=days)
        key = self.key(at)
        spend = ledger.Spend(
            key=key, kind="spend", at=at, holder=holder, unit=unit, amount=amount, into=into
        )
        with unit_of_work():
            answers = ledger.spend_many(spends=[spend], actor=SYSTEM, now=self.now)
        ours = None if into == "held" else ("partner", unit)
        return self.agree(answers, [self.model.spend(key, at, holder, unit, amount, ours)])

    @rule(targets=(posted, charges), hold=holds)
    def settle(self, hold: uuid.UUID) -> object:
        unit = self.model.moves[hold]["lines"][0]["dst"][1]
        end = ledger.HoldEnd(
            key=self.key(), hold=hold, kind="end", at=self.now, into=PARTNERS[unit]
        )
        with unit_of_work():
            answers = ledger.settle_held_many(ends=[end], actor=SYSTEM, now=self.now)
        expected = self.model.end(end.key, hold, self.now, ("partner", unit), None)
        return self.agree(answers, [expected])

    @rule(target=posted, hold=holds, days=st.sampled_from((None, 1, 20)))
    def release(self, hold: uuid.UUID, days: int | None) -> object:
        grace = None if days is None else day(self.now) + dt.timedelta(days=days)
        end = ledger.HoldEnd(key=self.key(), hold=hold, kind="end", at=self.now, grace_until=grace)
        with unit_of_work():
            answers = ledger.release_held_many(ends=[end], actor=SYSTEM, now=self.now)
        expected = self.model.end(end.key, hold, self.now, None, grace)
        return self.agree(answers, [expected])

    @rule(
        target=posted,
        batch=st.lists(
            st.tuples(posted, st.none() | st.integers(1, 15), st.none() | st.integers(0, 9)),
            min_size=1,
            max_size=3,
        ),
    )
    def reverse(self, batch: list[tuple[uuid.UUID, int | None, int | None]]) -> object:
        reversals, expected = [], []
        for of, amount, days in batch:
            grace = None if days is None else day(self.now) + dt.timedelta(days=days)
            key = self.key()
            reversals.append(
                ledger.Reversal(
                    key=key, of=of, kind="back", at=self.now, amount=amount, grace_until=grace
                )
            )
            expected.append(self.model.reverse(key, of, self.now, amount, grace))
        with unit_of_work():
            answers = ledger.reverse_many(reversals=reversals, actor=SYSTEM, now=self.now)
            done = [one for one in answers if one.outcome == "posted"]
            known = {one.key for one in done}
            same = [one for one in reversals if one.key in known]
            again = ledger.reverse_many(reversals=same, actor=SYSTEM, now=self.now)
        for first, second in zip(done, again, strict=True):
            assert (second.outcome, second.parts) == ("duplicate", first.parts)
        return self.agree(answers, expected)

    @rule(target=posted, of=charges, amounts=st.lists(st.integers(1, 6), min_size=1, max_size=3))
    def give_back_in_parts(self, of: uuid.UUID, amounts: list[int]) -> object:
        return self.reverse([(of, amount, None) for amount in amounts])

    @rule(target=posted, of=lapsed)
    def revive(self, of: uuid.UUID) -> object:
        return self.reverse([(of, None, None)])

    @rule(hold=holds)
    def holds_are_not_reversed(self, hold: uuid.UUID) -> None:
        key = self.key()
        back = ledger.Reversal(key=key, of=hold, kind="back", at=self.now)
        with unit_of_work():
            answers = ledger.reverse_many(reversals=[back], actor=SYSTEM, now=self.now)
        self.agree(answers, [self.model.reverse(key, hold, self.now, None, None)])

    @rule(targets=(posted, lapsed), limit=st.sampled_from((1, 2, 100)))
    def lapse(self, limit: int) -> object:
        done: list[ledger.Lapsed] = []
        after = None
        while True:
            with unit_of_work():
                batch = ledger.lapse_many(
                    on=day(self.now), now=self.now, actor=SYSTEM, limit=limit, after=after
                )
            done += batch.lapsed
            after = batch.after
            if after is None:
                break
        expected = self.model.lapse(self.now)
        assert Counter(
            (("member", one.unit, one.holder, one.fund, one.last_day), one.amount) for one in done
        ) == Counter(expected)
        with unit_of_work():
            again = ledger.lapse_many(on=day(self.now), now=self.now, actor=SYSTEM)
        assert again.lapsed == ()
        return multiple(*self.keys_of([lot for lot, _ in expected]))

    @rule(target=posted, holder=holders, give=little, got=st.integers(1, 9), last=lasts)
    def exchange(self, holder: int, give: int, got: int, last: int | None) -> object:
        fund = next(fund for fund, unit in self.funds.items() if unit == RIDES)
        ends = None if last is None else day(self.now) + dt.timedelta(days=last)
        asked = ledger.Exchange(
            key=self.key(),
            at=self.now,
            holder=holder,
            gives=POINTS,
            gives_amount=give,
            gets=RIDES,
            gets_amount=got,
            fund=fund,
            expires_on=ends,
        )
        with unit_of_work():
            answers = ledger.exchange_many(exchanges=[asked], actor=SYSTEM, now=self.now)
        lot = ("member", RIDES, holder, fund, ends)
        expected = self.model.exchange(asked.key, self.now, holder, (POINTS, give), lot, got)
        return self.agree(answers, [expected])

    @rule(days=st.sampled_from((1, 1, 10, 40)))
    def time_goes_on(self, days: int) -> None:
        self.now += dt.timedelta(days=days)

    @rule(back=st.integers(1, 3))
    def close_a_month(self, back: int) -> None:
        first = month(self.now)
        for _ in range(back):
            first = (first - dt.timedelta(days=1)).replace(day=1)
        if first in self.model.closed:
            with pytest.raises(ledger.MonthClosed), unit_of_work():
                ledger.close_month(month=first, actor=SYSTEM, now=self.now)
            return
        with unit_of_work():
            ledger.close_month(month=first, actor=SYSTEM, now=self.now)
        self.model.closed.add(first)

    # -- what both must agree on

    def agree(self, answers: list[ledger.Posted], expected: list[str]) -> object:
        for answer, told in zip(answers, expected, strict=True):
            assert _said(answer) == told
        return multiple(*(one.key for one in answers if one.outcome == "posted"))

    @invariant()
    def lots_and_holds_agree(self) -> None:
        for unit in RULES:
            found = ledger.balances(holders=HOLDERS, unit=unit, on=FAR_BACK, access=None)
            lots = {
                ("member", unit, holder, lot.fund, lot.expires_on): lot.amount
                for holder, balance in found.items()
                for lot in balance.lots
            }
            assert lots == {lot: n for lot, n in self.model.lots().items() if lot[1] == unit}
            held = {holder: balance.held for holder, balance in found.items() if balance.held}
            assert held == self.model.held(unit)

    @invariant()
    def funds_agree(self) -> None:
        for fund, found in ledger.fund_totals(fund_ids=list(self.funds)).items():
            ours = self.model.totals(self.funds[fund], fund)
            assert {name: getattr(found, name) for name in ours} == ours
            parts = (found.with_people, found.held, found.redeemed, found.lapsed, found.exchanged)
            assert found.awarded == sum(parts)

    @invariant()
    def reports_agree(self) -> None:
        """Dear ones, every few steps."""
        self.steps += 1
        if self.steps % 5 == 0:
            for back in (0, 1, 11, 41):
                self.the_trial_balance_agrees(day(self.now) - dt.timedelta(days=back))
            self.positions_agree()
            assert ledger.verify() == []

    def the_trial_balance_agrees(self, on: dt.date) -> None:
        found: Counter[tuple[str, str]] = Counter()
        for line in ledger.trial_balance(on=on):
            found[line.account_class, line.unit] += line.amount
        assert {name: n for name, n in found.items() if n} == self.model.classes(on)
        for unit in RULES:
            assert sum(n for (_, its), n in found.items() if its == unit) == 0

    def positions_agree(self) -> None:
        booked = {it.month for it in ledger.months()}
        assert booked == self.model.months() | self.model.closed
        for first in booked:
            found: Counter[tuple[int, str]] = Counter()
            for line in ledger.statement(agency=AGENCY, month=first):
                found[line.fund, "awarded"] += line.awarded
                found[line.fund, "redeemed"] += line.redeemed
            assert {k: n for k, n in found.items() if n} == self.model.positions(first)

    # -- helpers

    def fund(self, n: int) -> int:
        return list(self.funds)[n]

    def key(self, at: dt.datetime | None = None) -> uuid.UUID:
        self.count += 1
        return fact_key(at or self.now, self.count)

    def keys_of(self, lots: list[Account]) -> list[uuid.UUID]:
        """Find the keys that the ledger gave to what just lapsed, and tell the model."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT t.key, t.unit, t.from_holder, t.from_fund, a.expires_on"
                " FROM pub.ledger_transfers t"
                " JOIN pub.ledger_accounts a ON a.account_id = t.from_account"
                " WHERE t.kind = 'points.lapsed'"
            )
            fresh = {
                ("member", unit, holder, fund, last): key
                for key, unit, holder, fund, last in cursor.fetchall()
                if key not in self.lapses
            }
        assert set(fresh) == set(lots)
        for lot in lots:  # in the model's order: the database's differs from run to run
            self.model.named(lot, fresh[lot])
        self.lapses |= set(fresh.values())
        return [fresh[lot] for lot in lots]


def _said(answer: ledger.Posted) -> str:
    if answer.refusal is None:
        return answer.outcome
    if isinstance(answer.refusal, ledger.NotEnough):
        return "short"
    return "ended" if isinstance(answer.refusal, ledger.HoldEnded) else answer.refusal.code


@pytest.mark.parametrize(
    "examples", [10, pytest.param(LONG, marks=pytest.mark.slow)], ids=["short", "long"]
)
def test_anything_in_any_order_keeps_the_books(
    db: None, examples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lasting, "expiry_rule", expiry_rule)
    monkeypatch.setattr(lapsing, "expiry_rule", expiry_rule)
    monkeypatch.setattr(lapsing, "days_heard", lambda: HEARD)
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink] if examples > 100 else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
