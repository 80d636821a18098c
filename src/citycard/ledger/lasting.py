"""How long points last, by the pack's rule of their unit."""

import calendar
import datetime as dt
from collections.abc import Mapping
from typing import Any

from citycard.infra.packs import current_pack


def expiry_rule(unit: str) -> dict[str, Any]:
    """Return the pack's rule of how a unit lapses; empty for a unit that it doesn't know."""
    units: Mapping[str, Any] = current_pack().table("points")["units"]
    return dict(units[unit]["expires"]) if unit in units else {}


def days_heard() -> dict[str, int]:
    """Return the units whose lots wait some days past their last one for late uploads, and how
    many: units that are filled once a month."""
    units: Mapping[str, Any] = current_pack().table("points")["units"]
    return {
        code: int(row["monthly"]["grace_days"]) for code, row in units.items() if "monthly" in row
    }


def last_day(*, unit: str, earned_on: dt.date) -> dt.date | None:
    """Return the last local day on which units got on a day may be spent; None never lapses.

    The pack coarsens it (``at``: ``day``, ``month_end``, ``year_end``), so that people have few
    lots.
    """
    rule = expiry_rule(unit)
    if rule.get("at", "never") == "never":
        return None
    month = earned_on.month - 1 + int(rule.get("after_months", 0))
    year, month = earned_on.year + month // 12, month % 12 + 1
    if rule["at"] == "year_end":
        return dt.date(year, 12, 31)
    days = calendar.monthrange(year, month)[1]
    day = days if rule["at"] == "month_end" else min(earned_on.day, days)
    return dt.date(year, month, day)


def grace_until(*, unit: str, on: dt.date) -> dt.date:
    """Return the last local day on which what comes back after its lot's may be spent.

    The pack's days of grace, one at least.
    """
    return on + dt.timedelta(days=max(1, int(expiry_rule(unit).get("grace_days", 0))))
