"""Units of value at this door: which ones a resident sees, their names, and amounts in words."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from citycard.infra.packs import current_pack
from citycard.infra.web import wording
from citycard.kernel.access import Access
from citycard.kernel.periods import next_month
from citycard.ledger import api as ledger
from citycard.portals.naming import in_language, name_of


@dataclass(frozen=True, kw_only=True)
class UnitBalance:
    """What the resident has of one unit, as the ledger says it at this moment."""

    unit: str
    name: str
    balance: ledger.Balance

    @property
    def kind(self) -> str:
        """Return what the pack says the unit is: ``earned``, ``subsidy`` or ``hours``."""
        return kind_of(self.unit)

    @property
    def available(self) -> str:
        """Say what may be spent."""
        return amount(self.unit, self.balance.available)

    @property
    def held(self) -> str:
        """Say what is on its way; empty for nothing."""
        return amount(self.unit, self.balance.held) if self.balance.held else ""

    @property
    def by_day(self) -> list["Lapse"]:
        """Return how much may be spent until which day; the resident need not know of funds."""
        amounts: dict[dt.date | None, int] = {}
        for lot in self.balance.lots:
            amounts[lot.expires_on] = amounts.get(lot.expires_on, 0) + lot.amount
        return [
            Lapse(amount=amount(self.unit, n), last_day=day, is_grace=is_grace(self.unit, day))
            for day, n in amounts.items()
        ]

    @property
    def next_lapse(self) -> "Lapse | None":
        """Return what lapses first."""
        return next((one for one in self.by_day if one.last_day), None)


@dataclass(frozen=True, kw_only=True)
class Lapse:
    """So much may be spent until a day.

    :ivar is_grace: it came back after its own last day and has the pack's days of grace
    """

    amount: str
    last_day: dt.date | None
    is_grace: bool


def mine(access: Access, member_id: int, on: dt.date) -> list[UnitBalance]:
    """Return the balance of every unit that people earn, and of others that this person has had."""
    found = []
    for unit, row in current_pack().table("points")["units"].items():
        has = ledger.balances(holders=[member_id], unit=unit, on=on, access=access)[member_id]
        has = of_this_month(has, on) if "monthly" in row else has
        if row["kind"] == "earned" or has.available or has.held or _ever(member_id, unit, access):
            found.append(UnitBalance(unit=unit, name=name_of("unit", unit), balance=has))
    return found


def of_this_month(has: ledger.Balance, on: dt.date) -> ledger.Balance:
    """Return a balance without what was granted ahead: it can't be used before its month."""
    after = next_month(on)
    lots = tuple(lot for lot in has.lots if lot.expires_on is None or lot.expires_on < after)
    return replace(has, lots=lots, available=sum(lot.amount for lot in lots))


def _ever(member_id: int, unit: str, access: Access) -> bool:
    if "points_history" not in access.fields:
        return False
    return bool(ledger.history(holder=member_id, unit=unit, limit=1, access=access))


def kind_of(unit: str) -> str:
    """Return a unit's kind, by the pack."""
    return str(_row(unit).get("kind", "earned"))


def amount(unit: str, value: int) -> str:
    """Write an amount in its own unit: hours as hours, points as points."""
    row = _row(unit)
    if row.get("kind") == "hours":
        return wording.hours(value)
    short = in_language(row["short"]) if "short" in row else ""
    if not short or short in ("點", "pt"):
        return wording.points(value)
    return f"{wording.number(value)} {short}"


def change(unit: str, value: int) -> str:
    """Write by how much a balance changed, with its sign; empty for no change."""
    if not value:
        return ""
    return f"+{amount(unit, value)}" if value > 0 else amount(unit, value)


def is_grace(unit: str, last_day: dt.date | None) -> bool:
    """Tell whether a last day is one of grace: lots otherwise end with a month or a year."""
    at = _row(unit).get("expires", {}).get("at")
    if last_day is None or at not in ("month_end", "year_end"):
        return False
    after = last_day + dt.timedelta(days=1)
    regular = after.day == 1 and (at == "month_end" or after.month == 1)
    return not regular


def _row(unit: str) -> Any:
    return current_pack().table("points")["units"].get(unit, {})
