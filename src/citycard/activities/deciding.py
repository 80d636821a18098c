"""How many points a tap gives, and until when they may be spent. Pure."""

import calendar
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Room:
    """What may still be given while a batch is decided; None is without bound."""

    person: int
    budget: int
    day: int | None = None

    def give(self, wanted: int) -> int:
        """Give as much of what is wanted as every bound allows: the last tap may get a part."""
        bounds = [wanted, self.person, self.budget]
        if self.day is not None:
            bounds.append(self.day)
        return max(0, min(bounds))


def last_day(earned_on: dt.date, rule: Mapping[str, Any]) -> dt.date | None:
    """Return the last day on which points earned on a day may be spent, by the unit's rule.

    The pack coarsens it (``at``: ``day``, ``month_end``, ``year_end``), so that people have few
    lots.
    """
    if rule["at"] == "never":
        return None
    month = earned_on.month - 1 + int(rule.get("after_months", 0))
    year, month = earned_on.year + month // 12, month % 12 + 1
    if rule["at"] == "year_end":
        return dt.date(year, 12, 31)
    days = calendar.monthrange(year, month)[1]
    day = days if rule["at"] == "month_end" else min(earned_on.day, days)
    return dt.date(year, month, day)
