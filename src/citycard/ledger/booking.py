"""Which month a move is booked in: the local month of its key's time, so that a retry lands where
it was; or the first open one after it, where that is closed.
"""

import datetime as dt
import functools
import uuid
from bisect import bisect_right
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from citycard.infra.database import rows
from citycard.infra.packs import current_pack
from citycard.kernel.errors import Refused
from citycard.kernel.ids import key_time
from citycard.kernel.periods import CityTime, next_month
from citycard.ledger.moves import KeyTimeWrong

_EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_AHEAD = dt.timedelta(days=1)
_ROUNDING = dt.timedelta(milliseconds=2)
_MICROSECOND = dt.timedelta(microseconds=1)
Whole = npt.NDArray[np.int64]
_BELOW_TIME = 80
"""Bits of a fact key that follow its time in milliseconds."""


def own_months(keys: Sequence[uuid.UUID]) -> list[dt.date]:
    """Return the first day of the local month that each key's time lies in; one for all where it
    is the same.
    """
    begins, months = _months(current_pack().time)
    times = [key.int >> _BELOW_TIME for key in keys]
    first, last = bisect_right(begins, min(times)), bisect_right(begins, max(times))
    if not 0 < first <= last < len(begins):
        month_of = current_pack().time.month
        return [month_of(key_time(key)) for key in keys]
    if first == last:
        return [months[first - 1]]
    return [months[bisect_right(begins, time) - 1] for time in times]


def month_between(first_ms: int, last_ms: int) -> dt.date | None:
    """Return the first day of the local month that two times of keys lie in; None: not in one."""
    begins, months = _months(current_pack().time)
    place = bisect_right(begins, first_ms)
    if not 0 < place < len(begins) or place != bisect_right(begins, last_ms):
        return None
    return months[place - 1]


@functools.lru_cache(maxsize=4)
def _months(time: CityTime) -> tuple[list[int], list[dt.date]]:
    """Return when local months begin, in milliseconds, and their first days."""
    months = [_EARLIEST.date()]
    while months[-1].year < 2100:
        months.append(next_month(months[-1]))
    return [int(time.midnight(month).timestamp() * 1000) for month in months], months


_LATE = """
SELECT key, booked_month FROM pub.ledger_late
WHERE key = ANY (%s::uuid[]) AND EXISTS (SELECT FROM pub.ledger_late)
"""


def booked_months(keys: Iterable[uuid.UUID]) -> list[dt.date]:
    """Return the month in which the move of each key stands, if it does."""
    asked = list(keys)
    if not asked:
        return []
    own = own_months(asked)
    months = own * len(asked) if len(own) == 1 else own
    late = {row.key: row.booked_month for row in rows(_LATE, [asked])}
    return [late.get(key, month) for key, month in zip(asked, months, strict=True)]


def local_days(instants: Iterable[dt.datetime]) -> list[dt.date]:
    """Return the city's day of each instant of a batch."""
    day_of = current_pack().time.day
    return [day_of(at) for at in instants]


def end_of(day: dt.date) -> dt.datetime:
    """Return the instant at which a local day is over."""
    return current_pack().time.midnight(day + dt.timedelta(days=1))


def wrong_time(key: uuid.UUID, at: dt.datetime, now: dt.datetime) -> Refused | None:
    """Return why a key cannot be booked: its time isn't the fact's, or is out of this world."""
    if wrong_times([key], [at], now):
        return KeyTimeWrong(key=str(key), at=at.isoformat())
    return None


def all_right(key_us: Whole, at_us: Whole, now: dt.datetime) -> bool:
    """Tell by columns whether no key has a wrong time; see ``wrong_time``."""
    begin, end = (round(at.timestamp() * 1e6) for at in (_EARLIEST, now + _AHEAD))
    most = _ROUNDING // _MICROSECOND
    within = (begin <= at_us) & (at_us <= end)
    return bool((within & (abs(key_us - at_us) <= most)).all())


def wrong_times(
    keys: Sequence[uuid.UUID], ats: Sequence[dt.datetime], now: dt.datetime
) -> set[int]:
    """Return which rows' keys cannot be booked; see ``wrong_time``."""
    begin, end = _EARLIEST.timestamp(), (now + _AHEAD).timestamp()
    most = _ROUNDING.total_seconds()
    times = [at.timestamp() for at in ats]
    return {
        n
        for n, (key, at) in enumerate(zip(keys, times, strict=True))
        if not (-most <= (key.int >> _BELOW_TIME) / 1000 - at <= most and begin <= at <= end)
    }
