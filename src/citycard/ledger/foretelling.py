"""Who is to be told that points will lapse: each once for each last day, some days ahead."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from citycard.infra.database import execute, rows
from citycard.infra.unit_of_work import require_unit_of_work


@dataclass(frozen=True, kw_only=True, slots=True)
class Lapsing:
    """Points of one person that will lapse at the end of a day."""

    holder: int
    unit: str
    last_day: dt.date
    amount: int


_NEXT = """
SELECT a.holder, sum(b.amount)::bigint AS amount
FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
WHERE a.class = 'member' AND a.expires_on = %(day)s AND a.unit = %(unit)s AND b.amount > 0
  AND a.holder > %(after)s
GROUP BY a.holder ORDER BY a.holder LIMIT %(limit)s
"""


def take_lapsing(
    *, unit: str, last_day: dt.date, now: dt.datetime, limit: int = 1000
) -> Sequence[Lapsing]:
    """Take the next people to be told about a unit's last day; each comes once, then nobody.

    A day on which nobody has anything yet is looked at again.
    """
    require_unit_of_work()
    about = {"unit": unit, "day": last_day, "now": now, "limit": limit}
    before = rows(
        "SELECT told_up_to, finished_at FROM ledger_lapse_notice"
        " WHERE unit = %(unit)s AND last_day = %(day)s FOR UPDATE",
        about,
    )
    if before and before[0].finished_at:
        return []
    found = rows(_NEXT, {**about, "after": before[0].told_up_to if before else 0})
    if found or before:
        _note(about, up_to=found[-1].holder if found else before[0].told_up_to, full=len(found))
    return [
        Lapsing(holder=row.holder, unit=unit, last_day=last_day, amount=row.amount) for row in found
    ]


def _note(about: dict[str, object], *, up_to: int, full: int) -> None:
    execute(
        """
        INSERT INTO ledger_lapse_notice AS n (unit, last_day, told_up_to, finished_at)
        VALUES (%(unit)s, %(day)s, %(up_to)s, CASE WHEN NOT %(full)s THEN %(now)s::timestamptz END)
        ON CONFLICT (unit, last_day) DO UPDATE
        SET told_up_to = excluded.told_up_to, finished_at = excluded.finished_at
        """,
        {**about, "up_to": up_to, "full": full == about["limit"]},
    )
