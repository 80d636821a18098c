"""Read taps for the figures: in columns, with their places and local days."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np

from citycard.infra.clock import city_time
from citycard.infra.database import rows, statement
from citycard.insight.columns import Ints, binary_rows, joined
from citycard.insight.counting import Place, SeenTaps
from citycard.kernel.periods import next_month
from citycard.taps import api as taps

SERVED = [int(code) for code in taps.Code if code.is_accepted]
_YEAR_2000 = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def read_taps(*, months: Sequence[dt.date], batches: Sequence[int]) -> SeenTaps:
    """Return the taps that batches brought for some months.

    :param batches: in order
    """
    found = binary_rows(
        statement(__file__, "read_taps"),
        {
            "months": list(months),
            "batches": list(batches),
            "first": batches[0],
            "last": batches[-1],
        },
    )
    codes = joined([row[5] for row in found], ">i2")
    lengths = [len(row[5]) // 2 for row in found]
    return SeenTaps(
        places=_places([row[:3] for row in found]),
        at=np.repeat(np.arange(len(found)), lengths),
        day=_days(joined([row[3] for row in found], ">i8").astype(np.int64), months),
        member=joined([row[4] for row in found], ">i8").astype(np.int64),
        served=np.isin(codes, SERVED),
    )


def _days(ats: Ints, months: Sequence[dt.date]) -> Ints:
    """Return each instant's local day; the taps say their local month, so the days are few."""
    days = [
        month + dt.timedelta(days=n)
        for month in sorted(months)
        for n in range((next_month(month) - month).days)
    ]
    midnight = city_time().midnight
    starts = [(midnight(day) - _YEAR_2000) // dt.timedelta(microseconds=1) for day in days]
    numbers = np.array([(day - dt.date(1970, 1, 1)).days for day in days], dtype=np.int64)
    return numbers[np.searchsorted(starts, ats, side="right") - 1]


def _places(found: Sequence[tuple[Any, ...]]) -> list[Place]:
    """Return places with their numbers; one that is new gets one."""
    ids = _numbers(found)
    if len(ids) < len(found):
        new = sorted(set(found) - ids.keys())
        rows(statement(__file__, "add_places"), _columns(new))
        ids |= _numbers(new)
    return [Place(id=ids[row], service=row[0], agency=row[1], place=row[2]) for row in found]


def _numbers(found: Sequence[tuple[Any, ...]]) -> dict[tuple[Any, ...], int]:
    known = rows(statement(__file__, "places"), _columns(found))
    return {(row.service, row.agency, row.place): row.id for row in known}


def _columns(found: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    names = ("services", "agencies", "places")
    return {name: [row[n] for row in found] for n, name in enumerate(names)}
