"""On which days offices work, as a published calendar says it."""

import datetime as dt
from dataclasses import dataclass

DAY = dt.timedelta(days=1)
SATURDAY, SUNDAY = 5, 6


@dataclass(frozen=True)
class WorkCalendar:
    """The office calendars that were published, year by year.

    A year without one is worked out from its weekends and from the days that are free every year;
    ``knows`` tells which it is, so that whoever depends on it can say so.

    :ivar years: the years whose calendar was published
    :ivar off: weekdays of those years on which offices are closed
    :ivar worked: days of their weekends on which offices are open
    :ivar weekend: weekdays that are free by themselves, Monday is 0
    :ivar every_year: (month, day) that are free in a year without a calendar
    """

    years: frozenset[int] = frozenset()
    off: frozenset[dt.date] = frozenset()
    worked: frozenset[dt.date] = frozenset()
    weekend: frozenset[int] = frozenset({SATURDAY, SUNDAY})
    every_year: frozenset[tuple[int, int]] = frozenset({(1, 1)})

    def knows(self, day: dt.date) -> bool:
        """Tell whether the calendar of a day's year was published."""
        return day.year in self.years

    def works_on(self, day: dt.date) -> bool:
        """Tell whether offices work on a day."""
        if self.knows(day):
            return day in self.worked or (day.weekday() not in self.weekend and day not in self.off)
        return day.weekday() not in self.weekend and (day.month, day.day) not in self.every_year

    def first_working_day(self, month: dt.date) -> dt.date:
        """Return the first working day of the month that a day lies in.

        :raises ValueError: offices are closed all month
        """
        day = month.replace(day=1)
        while not self.works_on(day):
            day += DAY
            if day.month != month.month:
                raise ValueError(f"offices are closed all of {month:%Y-%m}")
        return day
