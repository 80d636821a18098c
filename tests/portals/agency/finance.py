"""A town with two months of money: three agencies, partners, redemptions; and its finance staff."""

import datetime as dt
from typing import Any

from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.kernel.periods import next_month
from citycard.ledger import api as ledger
from tests.portals import seeding

AGENCIES = ("health", "sports", "library", "social-welfare")


def last_month() -> dt.date:
    """The month before this one."""
    today = current_pack().time.day(dt.datetime.now(dt.UTC))
    return (today.replace(day=1) - dt.timedelta(days=1)).replace(day=1)


def noon_of(month: dt.date, day: int = 10) -> dt.datetime:
    return current_pack().time.midnight(month.replace(day=day)) + dt.timedelta(hours=12)


def earned_unit() -> str:
    units = current_pack().table("points")["units"]
    return next(code for code, row in units.items() if row["kind"] == "earned")


class Money:
    """Short words for what happens to points."""

    def __init__(self) -> None:
        self.number, self.unit = 0, earned_unit()
        seeding.activate()
        at = noon_of(last_month(), 2)
        with unit_of_work():
            self.funds = {
                agency: ledger.open_fund(
                    agency=agency,
                    campaign_ref=f"{agency}-walk-2026",
                    unit=self.unit,
                    actor=SYSTEM,
                    now=at,
                )
                for agency in AGENCIES
            }
            for fund in self.funds.values():
                ledger.raise_budget(
                    fund_id=fund,
                    amount=500_000,
                    key=fact_key(at, "budget", fund),
                    at=at,
                    actor=SYSTEM,
                    now=at,
                )

    def lot(self, agency: str, last_day: dt.date | None = None) -> ledger.AccountRef:
        return ledger.member(holder=7, unit=self.unit, fund=self.funds[agency], expires_on=last_day)

    def move(self, source: Any, target: Any, amount: int, at: dt.datetime) -> None:
        self.number += 1
        key = fact_key(at, "money", self.number)
        transfers = [ledger.Transfer(source=source, target=target, amount=amount)]
        move = ledger.Move(key=key, kind="campaign.award", at=at, transfers=transfers)
        with unit_of_work():
            [posted] = ledger.move_many(moves=[move], actor=SYSTEM, now=dt.datetime.now(dt.UTC))
        assert posted.refusal is None, posted

    def award(
        self, agency: str, amount: int, at: dt.datetime, last_day: dt.date | None = None
    ) -> None:
        budget = ledger.budget(fund_id=self.funds[agency], unit=self.unit)
        self.move(budget, self.lot(agency, last_day), amount, at)

    def redeem(
        self,
        agency: str,
        partner: str,
        amount: int,
        at: dt.datetime,
        last_day: dt.date | None = None,
    ) -> None:
        self.move(
            self.lot(agency, last_day),
            ledger.partner(code=partner, unit=self.unit),
            amount,
            at,
        )


def build() -> Money:
    """Two months: last month over and open, this one running."""
    town = Money()
    at, last_day = noon_of(last_month()), dt.date(next_month(last_month()).year + 1, 12, 31)
    for n, agency in enumerate(AGENCIES, 1):
        town.award(agency, 12_345 * n, at, last_day)
        town.redeem(agency, "easycard", 3_210 * n, at, last_day)
    town.redeem("health", "metro", 777, at, last_day)
    return town
