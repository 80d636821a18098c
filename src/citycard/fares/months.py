"""Partitions of the months that rides fall in: made ahead by the timetable, and at need here."""

import datetime as dt
import functools
from collections.abc import Set

from django.db import connection

from citycard.infra import partitions
from citycard.infra.database import scalar
from citycard.infra.unit_of_work import after_commit

_ready: set[tuple[str, str, dt.date]] = set()


def ensure_months(table: str, months: Set[dt.date]) -> None:
    """Make sure that each month's partition of a table exists; one look a month and process."""
    database = str(connection.settings_dict["NAME"])
    for month in sorted(month for month in months if (database, table, month) not in _ready):
        if scalar("SELECT to_regclass(%s) IS NULL", [f"{table}_{month:%Y%m}"]):
            partitions.ensure_month(table, month)
        after_commit(functools.partial(_ready.add, (database, table, month)))
