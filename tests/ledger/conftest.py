"""A small city of accounts for the ledger's tests."""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger

NOW = dt.datetime(2026, 11, 21, 3, 0, tzinfo=dt.UTC)
UNIT = "taipei-points"


@dataclass(frozen=True)
class Books:
    """One fund with a budget, and short ways to move its points."""

    fund: int

    def key(self, *parts: object, at: dt.datetime = NOW) -> uuid.UUID:
        return fact_key(at, *parts)

    def award(
        self,
        holder: int,
        amount: int,
        *what: object,
        expires_on: dt.date | None = None,
        fund: int | None = None,
    ) -> ledger.Move:
        fund = fund or self.fund
        lot = ledger.member(holder=holder, unit=UNIT, fund=fund, expires_on=expires_on)
        return ledger.Move(
            key=self.key("award", *what),
            kind="campaign.award",
            at=NOW,
            transfers=[
                ledger.Transfer(
                    source=ledger.budget(fund_id=fund, unit=UNIT), target=lot, amount=amount
                )
            ],
        )

    def post(self, *moves: ledger.Move) -> list[ledger.Posted]:
        with unit_of_work():
            return ledger.move_many(moves=moves, actor=SYSTEM, now=NOW)

    def spend(self, holder: int, amount: int, *what: object, **more: object) -> ledger.Spend:
        return ledger.Spend(
            key=self.key("spend", *what),
            kind="redemption.reserved",
            at=NOW,
            holder=holder,
            unit=UNIT,
            amount=amount,
            **more,  # type: ignore[arg-type]  # the spend's other fields
        )

    def post_spends(self, *spends: ledger.Spend) -> list[ledger.Posted]:
        with unit_of_work():
            return ledger.spend_many(spends=spends, actor=SYSTEM, now=NOW)

    def balance(self, holder: int) -> ledger.Balance:
        on = dt.date(2026, 11, 21)
        return ledger.balances(holders=[holder], unit=UNIT, on=on, access=None)[holder]

    def left(self) -> int:
        return ledger.fund_totals(fund_ids=[self.fund])[self.fund].budget


def open_books(budget: int = 1000, name: str = "campaign-1") -> Books:
    """Open a fund and give it a budget."""
    with unit_of_work():
        fund = ledger.open_fund(
            agency="health", campaign_ref=name, unit=UNIT, actor=SYSTEM, now=NOW
        )
        if budget:
            key = fact_key(NOW, "budget", fund)
            ledger.raise_budget(fund_id=fund, amount=budget, key=key, at=NOW, actor=SYSTEM, now=NOW)
    return Books(fund)


@pytest.fixture
def books(db: None) -> Books:
    return open_books()


@pytest.fixture
def fund_of(db: None) -> Callable[[str], int]:
    """More funds by name, each with a budget of 1,000."""
    return lambda name: open_books(name=name).fund
