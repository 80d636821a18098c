"""Months ahead: tables cut by month get their partitions before the first row of the month
arrives."""

import datetime as dt

from citycard.infra.database import execute, rows, scalar
from citycard.kernel.periods import next_month


def ensure_month(parent: str, month: dt.date) -> bool:
    """Make a table's partition of one month unless it exists; True when it was made."""
    return bool(scalar("SELECT citycard_ensure_partition(%s, %s)", [parent, month.replace(day=1)]))


def ensure_months(first: dt.date, last: dt.date) -> int:
    """Make every table's partitions from one month to another; returns how many were made."""
    made = 0
    for (parent,) in rows("SELECT parent FROM infra_partitioned"):
        month = first.replace(day=1)
        while month <= last:
            made += ensure_month(parent, month)
            month = next_month(month)
    return made


def analyze_month(month: dt.date) -> None:
    """Give the planner statistics of a month that fills: without them, joins over it crawl."""
    for (parent,) in rows("SELECT parent FROM infra_partitioned"):
        ensure_month(parent, month)
        execute("SELECT citycard_analyze_partition(%s, %s)", [parent, month.replace(day=1)])


def months_ahead(today: dt.date) -> dict[str, int]:
    """Return, for each table cut by month, how many months after this one are ready."""
    found = rows(
        """
        SELECT p.parent,
               count(*) FILTER (
                   WHERE right(c.relname, 6) ~ '^[0-9]{6}$'
                     AND right(c.relname, 6) > to_char(%s::date, 'YYYYMM')) AS ahead
        FROM infra_partitioned p
        LEFT JOIN pg_inherits i ON i.inhparent = to_regclass(p.parent)
        LEFT JOIN pg_class c ON c.oid = i.inhrelid
        GROUP BY p.parent
        """,
        [today],
    )
    return {parent: ahead for parent, ahead in found}
