"""Which month a move is booked in: a pure function of its key, so that a retry lands where it
was.
"""

import datetime as dt
import uuid
from collections.abc import Iterable

from citycard.infra.packs import current_pack
from citycard.kernel.errors import Refused
from citycard.kernel.ids import key_time
from citycard.ledger.moves import KeyTimeWrong

_EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_AHEAD = dt.timedelta(days=1)
_ROUNDING = dt.timedelta(milliseconds=2)


def booked_months(keys: Iterable[uuid.UUID]) -> list[dt.date]:
    """Return the first day of the local month that each key's time lies in."""
    month_of = current_pack().time.month
    return [month_of(key_time(key)) for key in keys]


def local_days(instants: Iterable[dt.datetime]) -> list[dt.date]:
    """Return the city's day of each instant of a batch."""
    day_of = current_pack().time.day
    return [day_of(at) for at in instants]


def end_of(day: dt.date) -> dt.datetime:
    """Return the instant at which a local day is over."""
    return current_pack().time.midnight(day + dt.timedelta(days=1))


def wrong_time(key: uuid.UUID, at: dt.datetime, now: dt.datetime) -> Refused | None:
    """Return why a key cannot be booked: its time isn't the fact's, or is out of this world."""
    begins = key_time(key)
    if abs(begins - at) > _ROUNDING or not _EARLIEST <= at <= now + _AHEAD:
        return KeyTimeWrong(key=str(key), at=at.isoformat())
    return None
