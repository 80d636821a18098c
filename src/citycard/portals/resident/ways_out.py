"""What a unit can become: another unit, value on a card, a credit with a partner."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from citycard.infra.packs import current_pack
from citycard.portals.naming import in_language


@dataclass(frozen=True, kw_only=True)
class WayOut:
    """One thing that a unit can become.

    :ivar way: ``exchange`` (another unit), ``account`` (a partner credits it), ``card`` (at a
        kiosk) or ``till`` (when paying)
    """

    code: str
    name: str
    way: str

    @property
    def is_here(self) -> bool:
        """Tell whether it is done on these pages."""
        return self.way in ("exchange", "account")


def of_unit(unit: str, on: dt.date) -> list[WayOut]:
    """Return what a unit can become on a day, those done here first."""
    table = current_pack().table("points")
    found = [
        WayOut(code=code, name=in_language(row["name"]), way="exchange")
        for code, row in table.get("exchanges", {}).items()
        if row["from"] == unit and _holds(row["rate"], on)
    ]
    found += [
        WayOut(code=code, name=in_language(row["name"]), way=row.get("way", "card"))
        for code, row in table["conversions"].items()
        if row["unit"] == unit and _holds(row["rate"], on)
    ]
    return sorted(found, key=lambda one: not one.is_here)


def _holds(rate: list[dict[str, Any]], on: dt.date) -> bool:
    return any(row["from"] <= on for row in rate)
