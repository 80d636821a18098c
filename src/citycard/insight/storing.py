"""The figures' tables: a service's people, and counts."""

import datetime as dt
from collections.abc import Mapping

import numpy as np

from citycard.infra.columns import INT4, INT8, array, ask
from citycard.infra.database import execute, rows, statement
from citycard.insight.counting import Key
from citycard.insight.shelves import firsts_of, visits_of_month
from citycard.insight.visits import (
    NEW,
    NOTHING,
    Visits,
    from_weeks,
    is_in,
    low_of,
    number_of,
    who_of,
)


def read_visits(service: str, month: dt.date, places: list[int] | None = None) -> Visits:
    """Return a service's visits in a month at some places or all, and who was new."""
    visits = from_weeks(visits_of_month(service, month).read())
    if places is not None:
        wanted = np.isin(visits.place, np.array(places, dtype=np.uint32))
        visits = Visits(visits.at[wanted], visits.days[wanted])
    firsts = firsts_of(service).read().get(0, NOTHING)
    new = is_in(visits.who, who_of(firsts[low_of(firsts) == number_of(month)]))
    return Visits(visits.at, np.where(new, visits.days | NEW, visits.days))


def add_counts(counts: Mapping[Key, int]) -> None:
    """Add differences to the figures; a figure that falls to nothing is taken away."""
    changed = [(key, n) for key, n in counts.items() if n]
    heads: dict[tuple[str, dt.date, str, str], int] = {}
    of = [heads.setdefault(key[:4], len(heads) + 1) for key, _ in changed]
    services, months, whats, agencies = (
        (list(it) for it in zip(*heads, strict=True)) if heads else ([], [], [], [])
    )
    numbers = np.array([key[4] for key, _ in changed], dtype=np.int64)
    ns = np.array([n for _, n in changed], dtype=np.int64)
    about = {"services": services, "months": months, "whats": whats, "agencies": agencies}
    for name, mine in (("add_counts", ns > 0), ("take_counts", ns < 0)):
        if mine.any():
            columns = {
                "heads": array(INT4, np.array(of)[mine]),
                "keys": array(INT4, numbers[mine]),
                "ns": array(INT8, ns[mine]),
            }
            ask(statement(__file__, name), about | columns, ())
    if (ns < 0).any():
        execute(
            "DELETE FROM insight_count WHERE n = 0 AND service = ANY(%s) AND month = ANY(%s)",
            [services, months],
        )


def touch(cells: set[tuple[dt.date, str]]) -> None:
    """Say that figures of (month, service) changed, so that nothing older is shown."""
    found = sorted(cells)
    execute(
        """
        INSERT INTO insight_cell (month, service, version)
        SELECT c.month, c.service, pg_current_xact_id()
        FROM unnest(%s::date[], %s::text[]) AS c(month, service)
        ON CONFLICT (month, service) DO UPDATE SET version = EXCLUDED.version
        """,
        [[month for month, _ in found], [service for _, service in found]],
    )


def places_of_agencies(*services: str) -> dict[str, dict[str, list[int]]]:
    """Return the places of each agency that serves, by service."""
    found: dict[str, dict[str, list[int]]] = {service: {} for service in services}
    for row in rows(
        "SELECT service, agency, array_agg(id) AS places FROM insight_place"
        " WHERE service = ANY(%s) GROUP BY 1, 2",
        [list(services)],
    ):
        found[row.service][row.agency] = row.places
    return found
