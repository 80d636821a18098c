"""Reads of the figures, as they may be shown. What is hidden is hidden before it leaves here."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from citycard.infra.database import rows
from citycard.infra.packs import current_pack
from citycard.insight.figures import Figures, build_figures
from citycard.insight.keeping import until_changed
from citycard.insight.month_counts import counts_of, totals_of
from citycard.insight.tallying import EVERYWHERE
from citycard.insight.tree import Leaf, Node, build_tree


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
    found = rows("SELECT DISTINCT month FROM insight_cell")
    return sorted((row.month for row in found), reverse=True)


def services_used(*, agencies: Sequence[str]) -> list[str]:
    """List the services that were ever used at an agency's readers, by code."""
    found = rows(
        "SELECT DISTINCT service FROM insight_place WHERE agency = ANY(%s) ORDER BY service",
        [list(agencies)],
    )
    return [row.service for row in found]


def service_figures(*, agencies: Sequence[str], service: str, month: dt.date) -> Figures:
    """Return one service's figures in a month at an agency and those under it.

    :param month: first day of the month
    """
    key = ("month", tuple(agencies), service, month)
    counts = until_changed(
        key,
        lambda: counts_of(agencies=agencies, service=service, month=month),
        month=month,
        service=service,
    )
    return build_figures(service=service, month=month, counts=counts, least=least_people())


def month_totals(
    *, agencies: Sequence[str], service: str, newest: dt.date, count: int = 12
) -> list[MonthTotal]:
    """Return a service's totals month by month, oldest first; months without any use are left
    out."""
    least = least_people()
    found = totals_of(agencies=agencies, service=service, newest=newest, count=count)
    return [
        MonthTotal(
            month=month,
            uses=uses if people >= least else None,
            people=people if people >= least else None,
        )
        for month, uses, people in found
    ]


def city_tree(*, month: dt.date) -> Node:
    """Return the city's tree of uses in a month: it adds up from places to everything.

    :param month: first day of the month
    """
    leaves, people = until_changed(("city", month), lambda: _of_city(month), month=month)
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
    found = rows(
        """
        SELECT n.service, n.what, n.agency, p.place, n.n
        FROM insight_cell c
        JOIN insight_count n ON n.service = c.service AND n.month = c.month
         AND n.what IN ('people', 'place_uses', 'place_people')
        LEFT JOIN insight_place p ON p.id = n.key
        WHERE c.month = %s ORDER BY n.service, n.agency, p.place
        """,
        [month],
    )
    leaves = []
    people: dict[tuple[str, ...], int] = {}
    for row in found:
        if row.what == "place_uses":
            leaves.append(Leaf(service=row.service, agency=row.agency, place=row.place, uses=row.n))
        elif row.what == "place_people":
            people[row.service, row.agency, row.place] = row.n
        elif row.agency == EVERYWHERE:
            people[row.service,] = row.n
        else:
            people[row.service, row.agency] = row.n
    return leaves, people
