"""How many different people used the services of a category, and the city's altogether.

Figures know a person under another pseudonym in each service. So people of several services are
counted from the taps, by night, and only their number leaves there.
"""

import datetime as dt

from citycard.infra.clock import city_time
from citycard.infra.database import execute, rows, scalar
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.insight.history_writing import figures_version
from citycard.insight.queries import months, of_city
from citycard.insight.tree import Cell, grow
from citycard.taps import api as taps


def count_city_people(*, now: dt.datetime) -> list[dt.date]:
    """Count the closed months whose figures changed since their people were counted; return them.

    Each month is a unit of work of its own. What taps are not in the figures yet, or come in
    meanwhile, would be counted here and nowhere else: then the month waits for the next night.
    """
    running = city_time().month(now)
    return [month for month in sorted(months()) if month < running and _count(month)]


def city_people(*, month: dt.date) -> dict[str, int]:
    """Return people by code of the city's tree, above services; nothing where the figures have
    changed since they were counted."""
    found = rows("SELECT code, people, version FROM insight_city_people WHERE month = %s", [month])
    version = figures_version(month=month) if found else ""
    return {row.code: row.people for row in found if row.version == version}


def _count(month: dt.date) -> bool:
    if city_people(month=month):
        return False
    version = figures_version(month=month)
    groups = _groups(month)
    people = {
        code: n
        for some in range(0, len(groups), taps.MOST_GROUPS)
        for code, n in taps.count_people(
            month=month, groups=dict(groups[some : some + taps.MOST_GROUPS])
        ).items()
    }
    with unit_of_work():
        if waits(month=month) or figures_version(month=month) != version:
            return False
        execute("DELETE FROM insight_city_people WHERE month = %s", [month])
        execute(
            "INSERT INTO insight_city_people (month, code, people, version)"
            " SELECT %s, p.code, p.people, %s FROM unnest(%s::text[], %s::bigint[])"
            " AS p(code, people)",
            [month, version, list(people), list(people.values())],
        )
    return True


def waits(*, month: dt.date) -> bool:
    """Tell whether some taps of a month are not in the figures yet."""
    return bool(
        scalar(
            """
            SELECT EXISTS (
                SELECT FROM (SELECT DISTINCT batch_id FROM pub.taps WHERE local_month = %s) b
                JOIN insight_absorbed a ON a.source = 'taps' AND NOT a.batches @> b.batch_id
            )
            """,
            [month],
        )
    )


def _groups(month: dt.date) -> list[tuple[str, list[str]]]:
    """Return the services below each part of the city's tree that is above services."""
    leaves, people = of_city(month)
    shape = current_pack().table("kpis")["city_tree"]
    top = grow(shape=shape, service_names={}, leaves=leaves, people=people)
    return [(it.code, _services(it)) for it in top.walk() if it.kind in ("all", "category")]


def _services(cell: Cell) -> list[str]:
    return [it.about[0] for it in cell.walk() if it.kind == "service"]
