"""Instants of rides in the city's own days: PostgreSQL's microseconds, in columns."""

import datetime as dt
from typing import NamedTuple

import numpy as np

from citycard.fares.binary import MICROSECONDS_TO_2000
from citycard.fares.values import Column
from citycard.kernel.periods import CityTime, next_month

_SECOND = 1_000_000
_DAY_S = 86_400
_SLOT_S = 900  # no zone changes its clocks between quarters of an hour


class Span(NamedTuple):
    """A local month, as instants and as microseconds since 2000.

    :ivar since: from when on rides of the month before are looked at: somebody who changes vehicles
        doesn't mind the calendar. The service day is whole; what a ride finds there doesn't depend
        on when any of it became known
    """

    month: dt.date
    since: dt.datetime
    start: dt.datetime
    end: dt.datetime

    @classmethod
    def of(cls, month: dt.date, time: CityTime, back_s: int | None = None) -> "Span":
        """Return a local month.

        :param back_s: how long before it a ride may have begun that counts in it; None: none does
        """
        start, end = time.midnight(month), time.midnight(next_month(month))
        if back_s is None:
            return cls(month, start, start, end)
        day = time.service_day(start - dt.timedelta(seconds=back_s))
        since = dt.datetime.combine(day, time.day_starts_at, time.zone).astimezone(dt.UTC)
        return cls(month, since, start, end)

    @property
    def since_us(self) -> int:
        """From when on rides are looked at."""
        return microseconds(self.since)

    @property
    def start_us(self) -> int:
        """When it begins."""
        return microseconds(self.start)

    @property
    def end_us(self) -> int:
        """When it is over."""
        return microseconds(self.end)


def microseconds(instant: dt.datetime) -> int:
    """Return an instant as PostgreSQL keeps it."""
    return int((instant - _Y2000) / dt.timedelta(microseconds=1))


def instant(us: int) -> dt.datetime:
    """Return the instant, in UTC, that PostgreSQL keeps as a number."""
    return _Y2000 + dt.timedelta(microseconds=us)


_Y2000 = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def seconds(us: Column) -> Column:
    """Return instants as seconds since 1970."""
    return np.asarray((us + MICROSECONDS_TO_2000) // _SECOND)


def local_seconds(at_s: Column, time: CityTime) -> Column:
    """Return what the city's wall clock shows at some instants, as if it were UTC."""
    if not len(at_s):
        return at_s
    slots = at_s // _SLOT_S
    first = int(slots.min())
    offsets = [_offset(time, slot * _SLOT_S) for slot in range(first, int(slots.max()) + 1)]
    return np.asarray(at_s + np.array(offsets, np.int64)[slots - first])


def _offset(time: CityTime, at_s: int) -> int:
    shown = time.local(dt.datetime.fromtimestamp(at_s, dt.UTC)).utcoffset()
    assert shown is not None, "a city's time has a zone"
    return int(shown.total_seconds())


def days(local_s: Column) -> Column:
    """Return the local days, since 1970."""
    return np.asarray(local_s // _DAY_S)


def service_days(local_s: Column, time: CityTime) -> Column:
    """Return the days that rides belong to: before the day starts it is still yesterday's."""
    start = time.day_starts_at
    return np.asarray((local_s - (start.hour * 3600 + start.minute * 60 + start.second)) // _DAY_S)
