"""Booking months: open until closed; what comes late goes into the first open one."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from citycard.infra.database import rows, scalar
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.kernel.periods import next_month


@dataclass(frozen=True, kw_only=True)
class BookingMonth:
    """A month of the books.

    :ivar month: its first day
    :ivar closed_at: when it was closed, for a closed one
    """

    month: dt.date
    state: Literal["open", "closed"]
    closed_at: dt.datetime | None
    closed_by: str | None


class MonthNotOver(Refused):
    """The month {month} is not over yet."""

    code = "ledger.month_not_over"


class MonthClosed(Refused):
    """The month {month} is closed already."""

    code = "ledger.month_closed"


class MonthOpen(Refused):
    """The month {month} is open."""

    code = "ledger.month_open"


def close_month(*, month: dt.date, actor: Actor, now: dt.datetime) -> None:
    """Close a booking month for good: its table refuses every change from then on, and moves of
    that month that come later are booked in the first open one.

    Waits until batches that are writing to the month have ended.

    :param month: any day of it
    :raises MonthNotOver: it has not ended yet by the city's clock
    :raises MonthClosed: it is closed already
    """
    require_unit_of_work()
    first = month.replace(day=1)
    if now < current_pack().time.midnight(next_month(first)):
        raise MonthNotOver(month=first.isoformat())
    if not scalar("SELECT ledger_close_month(%s, %s, %s)", [first, actor.id, now]):
        raise MonthClosed(month=first.isoformat())


def reopen_month(*, month: dt.date, actor: Actor, now: dt.datetime) -> None:
    """Open a closed month again. What was booked elsewhere meanwhile stays where it is.

    :param month: any day of it
    :raises MonthOpen: it is not closed
    """
    require_unit_of_work()
    first = month.replace(day=1)
    if not scalar("SELECT ledger_reopen_month(%s, %s, %s)", [first, actor.id, now]):
        raise MonthOpen(month=first.isoformat())


# From month to month by the key's index: the table is never read.
_MONTHS = """
WITH RECURSIVE booked AS (
    (SELECT booked_month AS month FROM ledger_transfer ORDER BY booked_month LIMIT 1)
    UNION ALL
    SELECT (SELECT t.booked_month FROM ledger_transfer t WHERE t.booked_month > b.month
            ORDER BY t.booked_month LIMIT 1)
    FROM booked b WHERE b.month IS NOT NULL)
SELECT month, coalesce(p.state, 'open') AS state,
       CASE WHEN p.state = 'closed' THEN p.changed_at END AS closed_at,
       CASE WHEN p.state = 'closed' THEN p.changed_by END AS closed_by
FROM (SELECT month FROM booked WHERE month IS NOT NULL UNION SELECT month FROM ledger_period) m
LEFT JOIN ledger_period p USING (month)
ORDER BY month
"""


def months() -> list[BookingMonth]:
    """Return the months in which something is booked, and those that were ever closed, in order."""
    return [BookingMonth(**row._asdict()) for row in rows(_MONTHS)]
