"""Read taps for the figures: in columns, with their places and local days."""

import datetime as dt
from collections.abc import Sequence

import numpy as np

from citycard.infra.clock import city_time
from citycard.infra.columns import INT4, TEXT, array, ask
from citycard.infra.database import statement
from citycard.insight.columns import Ints
from citycard.insight.counting import Place, SeenTaps
from citycard.kernel.periods import next_month
from citycard.kernel.spans import spans
from citycard.taps import api as taps

SERVED = [int(code) for code in taps.Code if code.is_accepted]
_YEAR_2000 = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def read_taps(*, months: Sequence[dt.date], batches: Sequence[int]) -> SeenTaps:
    """Return the taps that batches brought for some months."""
    about = {"months": list(months), **spans(batches)._asdict()}
    sites, ats, members, codes = ask(
        statement(__file__, "read_taps"), about, (">i4", ">i8", ">i8", ">i2")
    )
    asked, at = np.unique(sites, return_inverse=True)
    return SeenTaps(
        places=_places(asked),
        at=at,
        day=_days(ats, months),
        member=members,
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


def _places(sites: Ints) -> list[Place]:
    """Return the places of sites, in order; one that is new gets a number."""
    about = {"sites": array(INT4, sites)}
    found, ids, names = ask(statement(__file__, "places"), about, (">i4", ">i4", TEXT))
    assert len(found) == len(sites), "every tap has a site"
    named = [name.split(_BETWEEN) for name in names.split(_AFTER)] if len(sites) else []
    return [
        Place(id=number, service=service, agency=agency, place=place)
        for number, (service, agency, place) in zip(ids.tolist(), named, strict=True)
    ]


_BETWEEN, _AFTER = chr(31), chr(30)
