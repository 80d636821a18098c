"""The house's auditor recounts the figures from the taps themselves."""

import datetime as dt
from collections.abc import Iterator

from citycard.infra.clock import city_time
from citycard.infra.database import rows, statement
from citycard.insight.absorbing import SERVED
from citycard.kernel.findings import Finding
from citycard.kernel.periods import next_month


def verify() -> list[Finding]:
    """Find figures that a recount from the taps does not confirm.

    Taps whose batch has not been counted yet are left out on both sides: that is lag, not error.
    """
    months = {row.month for row in rows("SELECT DISTINCT local_month AS month FROM pub.taps")}
    months |= {row.month for row in rows("SELECT DISTINCT month FROM insight_person_month")}
    return [finding for month in sorted(months) for finding in _of_month(month)]


def _of_month(month: dt.date) -> Iterator[Finding]:
    for row in rows(statement(__file__, "usage_differs"), _about(month)):
        yield Finding(
            check="insight.usage",
            about=f"{row.service} at {row.agency}/{row.place} on {row.day}",
            says=f"{row.kept_uses} uses are kept, a recount finds {row.counted_uses}",
        )
    for row in rows(statement(__file__, "people_differ"), _about(month)):
        yield Finding(
            check="insight.people",
            about=f"{row.service} at {row.agency}/{row.place} in {month:%Y-%m}",
            says=f"{row.kept_people} people are kept, a recount finds {row.counted_people}",
        )


def _about(month: dt.date) -> dict[str, object]:
    midnight = city_time().midnight
    length = (next_month(month) - month).days
    days = [month + dt.timedelta(days=n) for n in range(length)]
    return {
        "month": month,
        "served": SERVED,
        "days": days,
        "starts": [midnight(day) for day in days],
        "ends": [midnight(day + dt.timedelta(days=1)) for day in days],
    }
