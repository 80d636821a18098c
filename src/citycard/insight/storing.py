"""The figures' tables: rows of a service's people by bucket, and counts."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np

from citycard.infra.database import execute, rows, statement
from citycard.insight.columns import U64, Ints, Records, binary_rows, joined
from citycard.insight.counting import Key
from citycard.insight.pseudonyms import bucket_of
from citycard.insight.visits import (
    FIRST,
    STORED,
    WEEKS,
    changes,
    from_week,
    is_in,
    number_of,
    together,
    with_new,
)


def buckets_of(who: U64) -> list[int]:
    """Return which rows hold people."""
    found: list[int] = np.unique(bucket_of(who)).tolist()
    return found


def read_week(service: str, month: dt.date, week: int, buckets: list[int] | None = None) -> Records:
    """Return what is kept of a week of a month, sorted; of some buckets, or all."""
    found = binary_rows(
        """
        SELECT visits FROM insight_visits
        WHERE service = %(service)s AND month = %(month)s AND week = %(week)s
          AND (%(buckets)s::smallint[] IS NULL OR bucket = ANY(%(buckets)s::smallint[]))
        ORDER BY bucket
        """,
        {"service": service, "month": month, "week": week, "buckets": buckets},
    )
    return joined([row[0] for row in found], STORED)


def read_visits(service: str, month: dt.date, places: list[int] | None = None) -> Records:
    """Return a service's visits in a month at some places or all, and who was new."""
    weeks = [from_week(read_week(service, month, week), week) for week in range(WEEKS)]
    if places is not None:
        wanted = np.array(places, dtype=np.uint32)
        weeks = [visits[np.isin(visits["place"], wanted)] for visits in weeks]
    return with_new(together(*weeks), read_firsts(service), number_of(month))


def read_firsts(service: str, buckets: list[int] | None = None) -> Records:
    """Return in which month people first used a service, sorted; of some buckets, or all."""
    found = binary_rows(
        """
        SELECT firsts FROM insight_first
        WHERE service = %(service)s
          AND (%(buckets)s::smallint[] IS NULL OR bucket = ANY(%(buckets)s::smallint[]))
        ORDER BY bucket
        """,
        {"service": service, "buckets": buckets},
    )
    return joined([row[0] for row in found], FIRST)


def write_week(service: str, month: dt.date, week: int, stored: Records) -> None:
    """Write whole buckets of a week: those of the people in them."""
    about = {"service": service, "month": month, "week": week}
    if len(stored):
        binary_rows(statement(__file__, "write_visits"), about | _cut(stored))


def write_firsts(service: str, firsts: Records) -> None:
    """Write whole buckets of first months: those of the people in them."""
    if len(firsts):
        binary_rows(statement(__file__, "write_firsts"), {"service": service, **_cut(firsts)})


def in_buckets_of(records: Records, who: U64) -> Records:
    """Return the records that lie in the same buckets as some people."""
    return records[is_in(bucket_of(records["who"]), np.unique(bucket_of(who)))]


def _cut(records: Records) -> dict[str, Any]:
    """Return sorted records as one piece of bytes, and where each bucket lies in it."""
    bucket = bucket_of(records["who"])
    starts: Ints = changes(bucket)
    ends = np.append(starts, len(records))
    return {
        "content": records.tobytes(),
        "buckets": bucket[starts].tolist(),
        "firsts": (starts * records.itemsize + 1).tolist(),
        "lengths": (np.diff(ends) * records.itemsize).tolist(),
    }


def add_counts(counts: Mapping[Key, int]) -> None:
    """Add differences to the figures; a figure that falls to nothing is taken away."""
    more = sorted(key for key, n in counts.items() if n > 0)
    less = sorted(key for key, n in counts.items() if n < 0)
    if more:
        execute(statement(__file__, "add_counts"), _columns(more, counts))
    if less:
        execute(statement(__file__, "take_counts"), _columns(less, counts))
        services = sorted({key[0] for key in less})
        execute("DELETE FROM insight_count WHERE n = 0 AND service = ANY(%s)", [services])


def _columns(keys: list[Key], counts: Mapping[Key, int]) -> dict[str, list[Any]]:
    names = ("services", "months", "whats", "agencies", "keys")
    columns = {
        name: list(column) for name, column in zip(names, zip(*keys, strict=True), strict=True)
    }
    return columns | {"ns": [counts[key] for key in keys]}


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


def agencies_of_places(service: str) -> dict[int, str]:
    """Return the agency of each place of a service."""
    found = rows("SELECT id, agency FROM insight_place WHERE service = %s", [service])
    return {row.id: row.agency for row in found}
