"""How many people could use a service: who holds the right that it asks for, and a card.

Counted by night from the rights and cards themselves, as long as the month has not gone out: from
then on its edition says it. Only numbers are kept.
"""

import datetime as dt
from collections.abc import Mapping

from citycard.infra.clock import city_time
from citycard.infra.database import execute, rows, statement
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.insight.editions import edition_months
from citycard.insight.funnel import Reach
from citycard.insight.queries import months
from citycard.kernel.periods import next_month


def count_reach(*, now: dt.datetime) -> list[dt.date]:
    """Count who could use each service in the months that have not gone out; return the months.

    Counted anew each time, whatever was counted before: a right that was given or taken back for
    days that are over counts from the next night on.
    """
    out = set(edition_months())
    waiting = sorted(month for month in months() if month not in out)
    for month in waiting:
        _count(month, now)
    return waiting


def reach_of(*, month: dt.date) -> dict[str, Reach]:
    """Return how many could use services in a month, by the right they ask for."""
    found = rows("SELECT need, holders, carded FROM insight_reach WHERE month = %s", [month])
    return {row.need: Reach(holders=row.holders, carded=row.carded) for row in found}


def needs() -> Mapping[str, str]:
    """Return the right that each service asks for; empty where a card will do."""
    services = current_pack().table("services")["services"]
    return {code: row["needs"].get("entitlement", "") for code, row in services.items()}


def _count(month: dt.date, now: dt.datetime) -> None:
    midnight, end = city_time().midnight, next_month(month)
    with unit_of_work():
        execute("DELETE FROM insight_reach WHERE month = %s", [month])
        execute(
            statement(__file__, "count_reach"),
            {
                "first": month,
                "last": end,
                "starts": midnight(month),
                "ends": midnight(end),
                "needs": sorted(set(needs().values()) - {""}),
                "now": now,
            },
        )
