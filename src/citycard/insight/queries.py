"""Reads of which months and services have figures, and of a month's counts."""

import datetime as dt
from collections.abc import Sequence

from citycard.infra.database import rows
from citycard.insight.tallying import EVERYWHERE
from citycard.insight.tree import Leaf


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


def of_city(month: dt.date) -> tuple[list[Leaf], dict[tuple[str, ...], int]]:
    """Return a month's uses by place, and people by service, agency and place; not to be shown as
    they are."""
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
