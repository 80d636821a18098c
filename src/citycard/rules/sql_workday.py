"""SQL form of the word that asks the office calendar: its months stand in the statement."""

import datetime as dt

from citycard.kernel.workdays import WorkCalendar
from citycard.rules.sql_days import Known, before, starting, unless_null, writes
from citycard.rules.sql_person import birthday
from citycard.rules.words_workday import AgeFromFirstWorkday

FIRST_YEAR, LAST_YEAR = 1900, 2199
"""The years of birthdays for which the calendar is written out."""


@writes(AgeFromFirstWorkday)
def _from_first_workday(condition: AgeFromFirstWorkday, known: Known, wanted: bool) -> str:
    reached = birthday("m.birth_on", condition.years, condition.leap_day)
    starts_on = first_working_day(reached, condition.calendar)
    days = starting(starts_on) if wanted else before(starts_on)
    return known.worked_out(unless_null("m.birth_on", days))


def first_working_day(day: str, calendar: WorkCalendar) -> str:
    """Return SQL for the first working day of the month that a day lies in."""
    months = [
        dt.date(year, month, 1)
        for year in range(FIRST_YEAR, LAST_YEAR + 1)
        for month in range(1, 13)
    ]
    days = ",".join(str(calendar.first_working_day(month).day) for month in months)
    place = f"((date_part('year', {day}) - {FIRST_YEAR}) * 12 + date_part('month', {day}))::int"
    return f"(date_trunc('month', {day})::date + ('{{{days}}}'::smallint[])[{place}] - 1)"
