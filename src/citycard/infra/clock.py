"""What time it is. Doors and jobs ask here and pass the answer in; nothing below them looks at a
clock."""

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager

from citycard.infra.packs import current_pack
from citycard.kernel.periods import CityTime

_fixed: list[dt.datetime] = []


def now() -> dt.datetime:
    """Return the present instant, in UTC."""
    if _fixed:
        return _fixed[-1]
    offset = os.environ.get("CITYCARD_CLOCK_OFFSET_S")
    present = dt.datetime.now(dt.UTC)
    return present + dt.timedelta(seconds=float(offset)) if offset else present


@contextmanager
def stopped_at(instant: dt.datetime) -> Iterator[None]:
    """Hold the clock at an instant: for building a demo city of another day, and for tests."""
    assert instant.tzinfo is not None
    _fixed.append(instant.astimezone(dt.UTC))
    try:
        yield
    finally:
        _fixed.pop()


def city_time() -> CityTime:
    """Return the city's own clock: what turns instants into its days and months."""
    return current_pack().time


def today() -> dt.date:
    """Return the city's present day."""
    return city_time().day(now())
