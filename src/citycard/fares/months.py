"""The months that rides fall in, and their partitions: made ahead by the timetable, and at need
here."""

import datetime as dt
import functools
from collections.abc import Set

from django.db import connection

from citycard.infra import partitions
from citycard.infra.database import rows, scalar
from citycard.infra.unit_of_work import after_commit

_WITH_RIDES = """
WITH RECURSIVE found (month) AS (  -- one search of the key a month, however many people rode in it
    SELECT max(local_month) FROM fares_month
    UNION ALL
    SELECT (SELECT max(m.local_month) FROM fares_month m WHERE m.local_month < f.month)
    FROM found f WHERE f.month IS NOT NULL
)
SELECT month FROM found WHERE month IS NOT NULL
"""
_ready: set[tuple[str, str, dt.date]] = set()


def ensure_months(table: str, months: Set[dt.date]) -> None:
    """Make sure that each month's partition of a table exists; one look a month and process."""
    database = str(connection.settings_dict["NAME"])
    for month in sorted(month for month in months if (database, table, month) not in _ready):
        if scalar("SELECT to_regclass(%s) IS NULL", [f"{table}_{month:%Y%m}"]):
            partitions.ensure_month(table, month)
        after_commit(functools.partial(_ready.add, (database, table, month)))


def months_with_rides() -> list[dt.date]:
    """Return the months in which somebody's rides are decided, newest first."""
    return [row.month for row in rows(_WITH_RIDES)]
