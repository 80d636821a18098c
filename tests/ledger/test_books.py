"""Any run of awards, spends, settlements and releases, played into the ledger and a plain model."""

import datetime as dt
import os
import uuid
from collections import Counter
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from tests.ledger.conftest import UNIT, open_books

START = dt.datetime(2026, 11, 21, 3, 0, tzinfo=dt.UTC)
DAYS = [dt.date(2026, 11, 30), dt.date(2026, 12, 31), dt.date(2027, 12, 31), None]
Lot = tuple[int, int, dt.date | None]  # holder, fund, last day
PARTNER = ledger.partner(code="easycard", unit=UNIT)
LONG = int(os.environ.get("CITYCARD_EXAMPLES", "120"))
"""How many runs the long form makes; each is a few seconds."""


@dataclass
class Model:
    """The same books as dictionaries, without keys, locks or batches."""

    budgets: Counter[int] = field(default_factory=Counter)
    lots: Counter[Lot] = field(default_factory=Counter)
    held: dict[uuid.UUID, Counter[Lot]] = field(default_factory=dict)
    redeemed: Counter[int] = field(default_factory=Counter)
    ended: dict[uuid.UUID, str] = field(default_factory=dict)

    def award(self, lot: Lot, amount: int) -> bool:
        if self.budgets[lot[1]] < amount:
            return False
        self.budgets[lot[1]] -= amount
        self.lots[lot] += amount
        return True

    def spend(self, key: uuid.UUID, holder: int, amount: int, on: dt.date) -> bool:
        own = [
            lot
            for lot in self.lots
            if lot[0] == holder and self.lots[lot] and (lot[2] is None or on <= lot[2])
        ]
        own.sort(key=lambda lot: (lot[2] or dt.date.max, lot[1]))
        if sum(self.lots[lot] for lot in own) < amount:
            return False
        taken = self.held[key] = Counter()
        for lot in own:
            part = min(amount - taken.total(), self.lots[lot])
            self.lots[lot] -= part
            taken[lot] += part
        self.held[key] = +taken
        return True

    def end(self, key: uuid.UUID, state: str) -> bool:
        if key in self.ended or key not in self.held:
            return False
        self.ended[key] = state
        for lot, amount in self.held.pop(key).items():
            if state == "settled":
                self.redeemed[lot[1]] += amount
            else:
                self.lots[lot] += amount
        return True


class Books(RuleBasedStateMachine):
    """Rules draw batches; each batch goes to both and the answers must agree."""

    moves = Bundle("moves")
    holds = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.now = START
        self.count = 0
        self.funds = [open_books(60, f"campaign-{n}").fund for n in (1, 2)]
        self.model = Model(budgets=Counter(dict.fromkeys(self.funds, 60)))

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def key(self, at: dt.datetime | None = None) -> uuid.UUID:
        self.count += 1
        return fact_key(at or self.now, self.count)

    @rule(
        target=moves,
        batch=st.lists(
            st.tuples(
                st.integers(1, 3), st.integers(0, 1), st.sampled_from(DAYS), st.integers(1, 40)
            ),
            min_size=1,
            max_size=4,
        ),
        days_late=st.sampled_from([0, 0, 20, 40]),
    )
    def award(self, batch: list[tuple[int, int, dt.date | None, int]], days_late: int) -> object:
        moves, expected = [], []
        at = self.now - dt.timedelta(days=days_late)
        for holder, fund_no, expires_on, amount in batch:
            fund = self.funds[fund_no]
            lot = ledger.member(holder=holder, unit=UNIT, fund=fund, expires_on=expires_on)
            transfer = ledger.Transfer(
                source=ledger.budget(fund_id=fund, unit=UNIT), target=lot, amount=amount
            )
            moves.append(ledger.Move(key=self.key(at), kind="award", at=at, transfers=[transfer]))
            expected.append(self.model.award((holder, fund, expires_on), amount))
        with unit_of_work():
            answers = ledger.move_many(moves=moves, actor=SYSTEM, now=self.now)
        assert [answer.outcome == "posted" for answer in answers] == expected
        return multiple(*(m for m, ok in zip(moves, expected, strict=True) if ok))

    @rule(move=moves)
    def award_again(self, move: ledger.Move) -> None:
        with unit_of_work():
            (answer,) = ledger.move_many(moves=[move], actor=SYSTEM, now=self.now)
        assert answer.outcome == "duplicate"

    @rule(
        target=holds,
        batch=st.lists(st.tuples(st.integers(1, 3), st.integers(1, 50)), min_size=1, max_size=4),
    )
    def spend(self, batch: list[tuple[int, int]]) -> object:
        on = (self.now + dt.timedelta(hours=8)).date()
        spends = [
            ledger.Spend(
                key=self.key(), kind="spend", at=self.now, holder=holder, unit=UNIT, amount=amount
            )
            for holder, amount in batch
        ]
        expected = [self.model.spend(s.key, s.holder, s.amount, on) for s in spends]
        with unit_of_work():
            answers = ledger.spend_many(spends=spends, actor=SYSTEM, now=self.now)
        assert [answer.outcome == "posted" for answer in answers] == expected
        for spend, answer in zip(spends, answers, strict=True):
            parts = {(spend.holder, p.fund, p.expires_on): p.amount for p in answer.parts}
            assert parts == dict(self.model.held.get(spend.key, {}))
        return multiple(*(s for s, ok in zip(spends, expected, strict=True) if ok))

    @rule(spend=holds)
    def spend_again(self, spend: ledger.Spend) -> None:
        with unit_of_work():
            (answer,) = ledger.spend_many(spends=[spend], actor=SYSTEM, now=self.now)
        assert answer.outcome == "duplicate"
        assert sum(part.amount for part in answer.parts) == spend.amount

    @rule(spend=holds, settled=st.booleans())
    def end(self, spend: ledger.Spend, settled: bool) -> None:
        end = ledger.HoldEnd(
            key=self.key(),
            hold=spend.key,
            kind="end",
            at=self.now,
            into=PARTNER if settled else None,
        )
        write = ledger.settle_held_many if settled else ledger.release_held_many
        expected = self.model.end(spend.key, "settled" if settled else "released")
        with unit_of_work():
            first, again = write(ends=[end, end], actor=SYSTEM, now=self.now)
        assert (first.outcome == "posted") is expected
        assert again.outcome == ("duplicate" if expected else "refused")

    @rule(days=st.integers(1, 20))
    def time_passes(self, days: int) -> None:
        self.now += dt.timedelta(days=days)

    @rule(reopened=st.booleans())
    def month_ends(self, reopened: bool) -> None:
        """Close the months that are over, and perhaps open the last of them again."""
        this_month = (self.now + dt.timedelta(hours=8)).date().replace(day=1)
        with unit_of_work():
            for month in ledger.months():
                if month.month < this_month and month.state == "open":
                    ledger.close_month(month=month.month, actor=SYSTEM, now=self.now)
            closed = [month.month for month in ledger.months() if month.state == "closed"]
            if closed and reopened:
                ledger.reopen_month(month=closed[-1], actor=SYSTEM, now=self.now)

    @invariant()
    def both_say_the_same(self) -> None:
        assert ledger.verify() == []
        totals = ledger.fund_totals(fund_ids=self.funds)
        for fund in self.funds:
            assert totals[fund].budget == self.model.budgets[fund]
            assert totals[fund].redeemed == self.model.redeemed[fund]
            assert totals[fund].awarded == 60 - self.model.budgets[fund]
        found = ledger.balances(holders=[1, 2, 3], unit=UNIT, on=dt.date(2026, 1, 1), access=None)
        lots = {
            (holder, lot.fund, lot.expires_on): lot.amount
            for holder, balance in found.items()
            for lot in balance.lots
        }
        assert lots == {lot: amount for lot, amount in self.model.lots.items() if amount}
        held = Counter(lot[0] for taken in self.model.held.values() for lot in taken.elements())
        assert {h: b.held for h, b in found.items() if b.held} == dict(held)


@pytest.mark.parametrize(
    "examples", [25, pytest.param(LONG, marks=pytest.mark.slow)], ids=["short", "long"]
)
def test_any_run_keeps_the_books(db: None, examples: int) -> None:
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink] if examples > 100 else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
