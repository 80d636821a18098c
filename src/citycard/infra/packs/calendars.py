"""The pack's table of office calendars as a calendar that can be asked."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from citycard.kernel.workdays import WorkCalendar

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def work_calendar(table: Mapping[str, Any]) -> WorkCalendar:
    """Return the calendar of a pack; a pack without the table has weekends only."""
    if not table:
        return WorkCalendar()
    years = table["years"]
    return WorkCalendar(
        years=frozenset(map(int, years)),
        off=frozenset(_days(years, "off")),
        worked=frozenset(_days(years, "worked")),
        weekend=frozenset(WEEKDAYS.index(each) for each in table["weekend"]),
        every_year=frozenset((int(each[:2]), int(each[3:])) for each in table["every_year"]),
    )


def _days(years: Mapping[str, Any], kind: str) -> Iterator[dt.date]:
    for row in years.values():
        yield from row[kind]
