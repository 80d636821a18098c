"""What a booking month comes to: sums from kind of account to kind of account, in one pass.

Everything that a month's end needs (positions, statements, balances) is worked out of these few
rows; none of them names a person.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from citycard.infra.database import execute, rows, statement
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import in_unit_of_work
from citycard.ledger.worth import rate_days

PEOPLE = frozenset({"member", "held"})


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthSum:
    """Transfers of one booking month between two kinds of account, added up.

    :ivar from_fund, to_fund: 0 for accounts without one
    :ivar from_last, to_last: the last day of a lot; None never lapses
    :ivar late: of an earlier month that was closed when they came
    :ivar rate_day: from when the rates hold that held when they happened; None before the first
    :ivar lapse: points lapsed, or a lapse was taken back
    """

    unit: str
    from_class: str
    from_fund: int
    from_last: dt.date | None
    from_code: str
    to_class: str
    to_fund: int
    to_last: dt.date | None
    to_code: str
    late: bool
    rate_day: dt.date | None
    lapse: bool
    amount: int
    transfers: int


def month_sums(month: dt.date) -> list[MonthSum]:
    """Add up a booking month.

    :param month: its first day
    """
    time, days = current_pack().time, rate_days()
    if in_unit_of_work():
        # a month of millions is joined to all accounts: in memory it takes half the time
        execute("SET LOCAL work_mem = '256MB'")
    found = rows(
        statement(__file__, "month_sums"),
        {
            "month": month,
            "begins": time.midnight(month),
            "spans": [time.midnight(day) for day in days],
        },
    )
    return [_sum(row._asdict(), days) for row in found]


def _sum(row: dict[str, Any], days: list[dt.date]) -> MonthSum:
    span = int(row.pop("span"))
    return MonthSum(rate_day=days[span - 1] if span else None, **row)
