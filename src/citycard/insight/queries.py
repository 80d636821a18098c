"""Reads of the figures, as they may be shown. What is hidden is hidden before it leaves here."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from citycard.infra.database import rows
from citycard.infra.packs import current_pack
from citycard.insight.figures import Counts, Figures, build_figures
from citycard.insight.keeping import until_changed
from citycard.insight.tree import Leaf, Node, build_tree
from citycard.kernel.periods import next_month


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What a figure means.

    :ivar name: its name in each language
    :ivar definition: how it is counted, the same for every agency
    """

    code: str
    name: dict[str, str]
    definition: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class MonthTotal:
    """A month's uses of one service; None where hidden."""

    month: dt.date
    uses: int | None
    people: int | None


def measures() -> dict[str, Measure]:
    """Return the pack's definitions of its figures, by code."""
    table = current_pack().table("kpis")["measures"]
    return {
        code: Measure(code=code, name=dict(row["name"]), definition=dict(row["definition"]))
        for code, row in table.items()
    }


def months() -> list[dt.date]:
    """List the months that have figures, newest first."""
    found = rows("SELECT DISTINCT date_trunc('month', day)::date AS month FROM insight_usage")
    return sorted((row.month for row in found), reverse=True)


def services_used(*, agencies: Sequence[str]) -> list[str]:
    """List the services that were ever used at an agency's readers, by code."""
    found = rows(
        "SELECT DISTINCT service FROM insight_usage WHERE agency = ANY(%s) ORDER BY service",
        [list(agencies)],
    )
    return [row.service for row in found]


def service_figures(*, agencies: Sequence[str], service: str, month: dt.date) -> Figures:
    """Return one service's figures in a month at an agency and those under it.

    :param month: first day of the month
    """
    key = ("month", tuple(agencies), service, month)
    counts = until_changed(key, lambda: _counts(list(agencies), service, month))
    return build_figures(service=service, month=month, counts=counts, least=least_people())


def month_totals(
    *, agencies: Sequence[str], service: str, newest: dt.date, count: int = 12
) -> list[MonthTotal]:
    """Return a service's totals month by month, oldest first; months without any use are left
    out."""
    about = {"agencies": list(agencies), "service": service, "newest": newest, "count": count}
    key = ("months", tuple(agencies), service, newest, count)
    found = until_changed(key, lambda: rows(_BY_MONTH, about))
    least = least_people()
    return [
        MonthTotal(
            month=row.month,
            uses=row.uses if row.people >= least else None,
            people=row.people if row.people >= least else None,
        )
        for row in found
    ]


_BY_MONTH = """
SELECT month, sum(uses)::bigint AS uses, count(*) AS people FROM (
    SELECT month, pseudonym, sum(uses) AS uses FROM insight_person_month
    WHERE agency = ANY(%(agencies)s) AND service = %(service)s
      AND month > (%(newest)s::date - make_interval(months => %(count)s))
      AND month <= %(newest)s
    GROUP BY month, pseudonym) p
GROUP BY month ORDER BY month
"""


def city_tree(*, month: dt.date) -> Node:
    """Return the city's tree of uses in a month: it adds up from places to everything.

    :param month: first day of the month
    """
    leaves, people = until_changed(("city", month), lambda: _of_city(month))
    services = current_pack().table("services")["services"]
    return build_tree(
        shape=current_pack().table("kpis")["city_tree"],
        service_names={code: row["name"] for code, row in services.items()},
        leaves=leaves,
        people=people,
        least=least_people(),
    )


def least_people() -> int:
    """Return how many people a figure must speak of to be shown."""
    return int(current_pack().table("pack")["privacy"]["small_cell"])


def _of_city(month: dt.date) -> tuple[list[Leaf], dict[tuple[str, ...], int]]:
    leaves = rows(
        """
        SELECT service, agency, place, sum(uses)::bigint AS uses FROM insight_usage
        WHERE day >= %s AND day < %s GROUP BY 1, 2, 3 HAVING sum(uses) > 0
        ORDER BY 1, 2, 3
        """,
        [month, next_month(month)],
    )
    return [Leaf(**row._asdict()) for row in leaves], _people_of_tree(month)


def _people_of_tree(month: dt.date) -> dict[tuple[str, ...], int]:
    found = rows(
        """
        SELECT service, agency, place, count(DISTINCT pseudonym) AS people
        FROM insight_person_month WHERE month = %s
        GROUP BY GROUPING SETS ((service), (service, agency), (service, agency, place))
        """,
        [month],
    )
    return {
        tuple(code for code in (row.service, row.agency, row.place) if code is not None): row.people
        for row in found
    }


_OF_MONTH = {
    "usage": """
        SELECT day, agency, place, uses, refusals FROM insight_usage
        WHERE agency = ANY(%(agencies)s) AND service = %(service)s
          AND day >= %(first)s AND day < %(after)s
        """,
    "places": """
        SELECT agency, place, count(*) AS people FROM insight_person_month
        WHERE agency = ANY(%(agencies)s) AND service = %(service)s AND month = %(first)s
        GROUP BY 1, 2
        """,
    "days": """
        SELECT day, count(*) AS people FROM (
            SELECT DISTINCT day, pseudonym FROM insight_person_day
            WHERE agency = ANY(%(agencies)s) AND service = %(service)s
              AND day >= %(first)s AND day < %(after)s) d
        GROUP BY 1
        """,
    "regularity": """
        SELECT days, count(*) AS people FROM (
            SELECT pseudonym, count(*) AS days FROM (
                SELECT DISTINCT pseudonym, day FROM insight_person_day
                WHERE agency = ANY(%(agencies)s) AND service = %(service)s
                  AND day >= %(first)s AND day < %(after)s) d
            GROUP BY 1) p
        GROUP BY 1
        """,
    "new": """
        SELECT count(DISTINCT pseudonym) AS people FROM insight_person_month p
        WHERE agency = ANY(%(agencies)s) AND service = %(service)s AND month = %(first)s
          AND NOT EXISTS (SELECT FROM insight_person_month e WHERE e.service = p.service
                          AND e.month < p.month AND e.pseudonym = p.pseudonym)
        """,
    "intervals": """
        SELECT days, count(*) AS people FROM (
            SELECT pseudonym, percentile_disc(0.5) WITHIN GROUP (ORDER BY gap) AS days FROM (
                SELECT pseudonym, day - lag(day) OVER (PARTITION BY pseudonym ORDER BY day) AS gap
                FROM (SELECT DISTINCT pseudonym, day FROM insight_person_day
                      WHERE agency = ANY(%(agencies)s) AND service = %(service)s
                        AND day >= %(first)s AND day < %(after)s) d) g
            WHERE gap IS NOT NULL GROUP BY 1) p
        GROUP BY 1
        """,
}


def _counts(agencies: list[str], service: str, month: dt.date) -> Counts:
    about = {
        "agencies": agencies,
        "service": service,
        "first": month,
        "after": next_month(month),
    }
    usage: list[Any] = rows(_OF_MONTH["usage"], about)
    uses_by_place: dict[tuple[str, str], int] = {}
    uses_by_day: dict[dt.date, int] = {}
    for row in usage:
        where = (row.agency, row.place)
        uses_by_place[where] = uses_by_place.get(where, 0) + row.uses
        uses_by_day[row.day] = uses_by_day.get(row.day, 0) + row.uses
    return Counts(
        uses_by_place=uses_by_place,
        people_by_place={
            (row.agency, row.place): row.people for row in rows(_OF_MONTH["places"], about)
        },
        uses_by_day=uses_by_day,
        people_by_day={row.day: row.people for row in rows(_OF_MONTH["days"], about)},
        days_of_use={row.days: row.people for row in rows(_OF_MONTH["regularity"], about)},
        refusals=sum(row.refusals for row in usage),
        new_people=rows(_OF_MONTH["new"], about)[0].people,
        intervals={row.days: row.people for row in rows(_OF_MONTH["intervals"], about)},
    )
