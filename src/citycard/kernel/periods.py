"""Time as a city counts it. Only this module turns instants into local days, months and service
days."""

import datetime as dt
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class DateSpan:
    """A half-open span of local dates, ``start`` included and ``end`` excluded; None is
    unbounded."""

    start: dt.date | None = None
    end: dt.date | None = None

    def __post_init__(self) -> None:
        if self.start is not None and self.end is not None and self.start > self.end:
            raise ValueError(f"a span cannot end on {self.end} before it starts on {self.start}")

    def __contains__(self, day: dt.date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)

    def meets(self, other: "DateSpan") -> bool:
        """Tell whether the two spans share a day."""
        starts_before_other_ends = self.start is None or other.end is None or self.start < other.end
        other_starts_before_end = other.start is None or self.end is None or other.start < self.end
        return starts_before_other_ends and other_starts_before_end


@dataclass(frozen=True)
class CityTime:
    """The city's own clock: its zone, and the hour at which a service day (a night bus's day)
    begins."""

    zone: ZoneInfo
    day_starts_at: dt.time = field(default=dt.time(4, 0))

    def local(self, instant: dt.datetime) -> dt.datetime:
        """Return an aware instant as the city's wall clock shows it."""
        return instant.astimezone(self.zone)

    def day(self, instant: dt.datetime) -> dt.date:
        """Return the local calendar day of an instant."""
        return self.local(instant).date()

    def month(self, instant: dt.datetime) -> dt.date:
        """Return the first day of the local month of an instant."""
        return self.day(instant).replace(day=1)

    def service_day(self, instant: dt.datetime) -> dt.date:
        """Return the day a ride belongs to: before ``day_starts_at`` it is still yesterday's."""
        local = self.local(instant)
        if local.time() < self.day_starts_at:
            return local.date() - dt.timedelta(days=1)
        return local.date()

    def midnight(self, day: dt.date) -> dt.datetime:
        """Return the instant, in UTC, at which a local day begins."""
        return dt.datetime.combine(day, dt.time(), self.zone).astimezone(dt.UTC)


def next_month(first_day: dt.date) -> dt.date:
    """Return the first day of the month after the one that ``first_day`` lies in."""
    return (first_day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


def birthday(birth_on: dt.date, age_years: int) -> dt.date:
    """Return the day on which somebody reaches an age.

    Who was born on 29 February reaches it on 1 March in a common year: the age is full only when
    the last day of the period has passed, and that year's February ends on the 28th (Civil Code
    121, 124).
    """
    try:
        return birth_on.replace(year=birth_on.year + age_years)
    except ValueError:
        return dt.date(birth_on.year + age_years, 3, 1)
