"""The house's auditor recounts the figures from the taps themselves."""

import datetime as dt
from collections.abc import Iterator

from citycard.infra.clock import city_time
from citycard.infra.database import rows, statement
from citycard.insight import storing
from citycard.insight.reading import SERVED
from citycard.insight.tallying import PEOPLE, tally
from citycard.kernel.findings import Finding
from citycard.kernel.periods import next_month


def verify() -> list[Finding]:
    """Find figures that a recount from the taps does not confirm.

    The database counts by member ids, without pseudonyms; the people kept are counted, too.
    Taps whose batch has not been counted yet are left out on both sides: that is lag, not error.
    """
    months = {row.month for row in rows("SELECT DISTINCT local_month AS month FROM pub.taps")}
    months |= {row.month for row in rows("SELECT DISTINCT month FROM insight_count")}
    found = [finding for month in sorted(months) for finding in _of_month(month)]
    found += _new_people()
    cells = rows("SELECT service, month FROM insight_cell ORDER BY service, month")
    return found + [it for cell in cells for it in _of_visits(cell.service, cell.month)]


def _of_month(month: dt.date) -> Iterator[Finding]:
    for row in rows(statement(__file__, "figures_differ"), _about(month)):
        at = f"{row.agency}/{row.place}" if row.place else row.agency or "all agencies"
        yield Finding(
            check=f"insight.{row.what}",
            about=f"{row.service} at {at} in {month:%Y-%m}" + (f", {row.key}" if row.key else ""),
            says=f"{row.kept} {row.what} are kept, a recount finds {row.counted}",
        )


def _new_people() -> Iterator[Finding]:
    for row in rows(statement(__file__, "new_differ"), {"served": SERVED}):
        yield Finding(
            check="insight.new",
            about=f"{row.service} at {row.agency or 'all agencies'} in {row.month:%Y-%m}",
            says=f"{row.kept} new people are kept, a recount finds {row.counted}",
        )


def _of_visits(service: str, month: dt.date) -> Iterator[Finding]:
    """Compare the people that are kept with what was counted from them."""
    counted = tally(
        storing.read_visits(service, month), storing.places_of_agencies(service)[service]
    )
    kept = {
        (row.what, row.agency, row.key): row.n
        for row in rows(
            "SELECT what, agency, key, n FROM insight_count"
            " WHERE service = %s AND month = %s AND what = ANY(%s)",
            [service, month, list(PEOPLE)],
        )
    }
    wrong = sum(counted[key] != kept.get(key, 0) for key in {*counted, *kept})
    if wrong:
        yield Finding(
            check="insight.visits",
            about=f"{service} in {month:%Y-%m}",
            says=f"{wrong} figures are not what the people kept behind them come to",
        )


def _about(month: dt.date) -> dict[str, object]:
    midnight = city_time().midnight
    days = [month + dt.timedelta(days=n) for n in range((next_month(month) - month).days)]
    return {"month": month, "served": SERVED, "starts": [midnight(day) for day in days]}
