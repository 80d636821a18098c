"""How a fund's budget was used, day by day: the burn-down of an activity."""

import datetime as dt
from dataclasses import dataclass

from citycard.infra.clock import city_time
from citycard.infra.database import rows


@dataclass(frozen=True, kw_only=True)
class BudgetDay:
    """A local day's end: what was put in and given out that day, and what is left after it."""

    day: dt.date
    added: int
    given: int
    left: int


def budget_by_day(*, fund_id: int) -> list[BudgetDay]:
    """Return what was left of a fund's budget at the end of each day on which it changed.

    The last day's rest is the ledger's own.
    """
    found = rows(
        """
        SELECT at, amount, to_class = 'budget' AS is_added FROM pub.ledger_transfers
        WHERE (to_class = 'budget' AND to_fund = %(fund)s)
           OR (from_class = 'budget' AND from_fund = %(fund)s)
        """,
        {"fund": fund_id},
    )
    day_of = city_time().day
    added: dict[dt.date, int] = {}
    given: dict[dt.date, int] = {}
    for row in found:
        sums = added if row.is_added else given
        day = day_of(row.at)
        sums[day] = sums.get(day, 0) + row.amount
    days, left = [], 0
    for day in sorted(added.keys() | given.keys()):
        left += added.get(day, 0) - given.get(day, 0)
        days.append(BudgetDay(day=day, added=added.get(day, 0), given=given.get(day, 0), left=left))
    return days
