"""Three agencies with a fund each, and short words for what happens there month by month."""

import datetime as dt
import uuid

from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger

UNIT = "taipei-points"
SEPTEMBER, OCTOBER, NOVEMBER = (dt.date(2026, month, 1) for month in (9, 10, 11))
IN_SEPTEMBER, IN_OCTOBER, IN_NOVEMBER = (
    dt.datetime(2026, month, 10, 4, tzinfo=dt.UTC) for month in (9, 10, 11)
)
AFTER = dt.datetime(2026, 12, 3, tzinfo=dt.UTC)
MAKER, CHECKER = "staff:1", Actor(id="staff:2", kind="staff")


class Town:
    """Three agencies with a fund each, and short words for what happens there."""

    def __init__(self) -> None:
        self.number = 0
        with unit_of_work():
            self.funds = {
                agency: ledger.open_fund(
                    agency=agency, campaign_ref="walk", unit=UNIT, actor=SYSTEM, now=IN_SEPTEMBER
                )
                for agency in ("health", "sports", "library")
            }
            for fund_id in self.funds.values():
                ledger.raise_budget(
                    fund_id=fund_id,
                    amount=100_000,
                    key=fact_key(IN_SEPTEMBER, "budget", fund_id),
                    at=IN_SEPTEMBER,
                    actor=SYSTEM,
                    now=AFTER,
                )

    def lot(self, agency: str, holder: int = 7) -> ledger.AccountRef:
        return ledger.member(holder=holder, unit=UNIT, fund=self.funds[agency])

    def budget(self, agency: str) -> ledger.AccountRef:
        return ledger.budget(fund_id=self.funds[agency], unit=UNIT)

    def partner(self, code: str, unit: str = UNIT) -> ledger.AccountRef:
        return ledger.partner(code=code, unit=unit)

    def move(
        self,
        source: ledger.AccountRef,
        target: ledger.AccountRef,
        amount: int,
        at: dt.datetime,
        kind: str = "test",
    ) -> uuid.UUID:
        self.number += 1
        key = fact_key(at, "move", self.number)
        transfers = [ledger.Transfer(source=source, target=target, amount=amount)]
        move = ledger.Move(key=key, kind=kind, at=at, transfers=transfers)
        with unit_of_work():
            [posted] = ledger.move_many(moves=[move], actor=SYSTEM, now=AFTER)
        assert posted.refusal is None, posted
        return key

    def award(self, agency: str, amount: int, at: dt.datetime) -> uuid.UUID:
        return self.move(self.budget(agency), self.lot(agency), amount, at)

    def redeem(self, agency: str, partner: str, amount: int, at: dt.datetime) -> uuid.UUID:
        return self.move(self.lot(agency), self.partner(partner), amount, at)

    def take_back(self, of: uuid.UUID, at: dt.datetime, amount: int | None = None) -> uuid.UUID:
        self.number += 1
        key = fact_key(at, "back", self.number)
        asked = ledger.Reversal(key=key, of=of, kind="test.back", at=at, amount=amount)
        with unit_of_work():
            [posted] = ledger.reverse_many(reversals=[asked], actor=SYSTEM, now=AFTER)
        assert posted.refusal is None, posted
        return key


def close(month: dt.date, *, frozen: bool = True) -> int:
    with unit_of_work():
        number = ledger.begin_closing(
            month=month, made_by=MAKER, reason="月結", actor=CHECKER, now=AFTER
        )
    if frozen:
        with unit_of_work():
            ledger.freeze_closing(closing_id=number, now=AFTER)
        with unit_of_work():
            ledger.finish_closing(closing_id=number, now=AFTER)
    return number
