"""The office calendar: published years by the list, others by their weekends."""

import datetime as dt
import json
from pathlib import Path

import pytest

from citycard.infra.packs import find_pack, pack_codes
from citycard.kernel.workdays import WorkCalendar

CALENDAR = find_pack(pack_codes()[0]).workdays
PUBLISHED = json.loads(Path(__file__).with_name("office_calendars.json").read_text("utf-8"))["off"]

# month → its first working day, and why it isn't the first of the month
FIRST_DAYS = [
    ("2017-01", "2017-01-03"),  # 1 January on a Sunday, made up for on the 2nd
    ("2018-02", "2018-02-01"),
    ("2022-01", "2022-01-03"),  # the holiday lies on a Saturday
    ("2023-01", "2023-01-03"),  # the 2nd is off: an adjusted holiday
    ("2023-04", "2023-04-06"),  # a weekend, then five days of Qingming
    ("2024-09", "2024-09-02"),  # a Sunday
    ("2025-02", "2025-02-03"),  # a weekend
    ("2025-05", "2025-05-01"),  # Labour Day was no day off for offices yet
    ("2026-05", "2026-05-04"),  # now it is, before a weekend
    ("2027-03", "2027-03-02"),  # 28 February on a Sunday, made up for on the 1st
]


@pytest.mark.parametrize(("month", "first"), FIRST_DAYS)
def test_the_first_working_day_of_a_month(month: str, first: str) -> None:
    day = dt.date.fromisoformat(f"{month}-17")
    assert CALENDAR.first_working_day(day) == dt.date.fromisoformat(first)
    assert CALENDAR.knows(day)


# day, worked?, why
DAYS = [
    ("2025-02-08", True),  # a Saturday worked for the new year's holidays
    ("2025-02-07", True),
    ("2025-09-29", False),  # the law of May 2025: 28 September lies on a Sunday
    ("2025-10-24", False),
    ("2025-12-25", False),
    ("2024-12-25", True),  # not yet in the year before
]


@pytest.mark.parametrize(("day", "works"), DAYS)
def test_single_days(day: str, works: bool) -> None:
    assert CALENDAR.works_on(dt.date.fromisoformat(day)) is works


def test_a_year_without_a_calendar_goes_by_its_weekends() -> None:
    new_year, month = dt.date(2044, 1, 1), dt.date(2044, 10, 1)
    assert not CALENDAR.knows(new_year)
    assert CALENDAR.first_working_day(new_year) == dt.date(2044, 1, 4)  # a Friday, then a weekend
    assert CALENDAR.first_working_day(month) == dt.date(2044, 10, 3)  # a Saturday


def test_offices_that_never_work() -> None:
    with pytest.raises(ValueError, match="closed all of 2044-10"):
        WorkCalendar(weekend=frozenset(range(7))).first_working_day(dt.date(2044, 10, 1))


@pytest.mark.parametrize("year", range(2017, 2026))
def test_the_table_agrees_with_the_published_calendar(year: int) -> None:
    off = set(PUBLISHED[str(year)].split())
    days = [dt.date(year, 1, 1) + dt.timedelta(days=n) for n in range(366)]
    differ = [
        f"{day:%m%d}"
        for day in days
        if day.year == year and CALENDAR.works_on(day) is (f"{day:%m%d}" in off)
    ]
    later = ["0929", "1024", "1225"]  # the law came after the file
    assert differ == (later if year == 2025 else [])
