"""Turn taps into what is added to the figures: uses, and who came where and when. Pure."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from citycard.insight.columns import U32, Bools, Ints
from citycard.insight.tallying import EVERYWHERE
from citycard.insight.visits import Visits, month_of, number_of, records, visits_of

Key = tuple[str, dt.date, str, str, int]
"""Service, month, what, agency, key: a row of ``insight_count``."""

Pseudonyms = Callable[[str, Ints], U32]
"""Gives each member's pseudonym within a service."""

NOBODY = -1


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a service is used."""

    id: int
    service: str
    agency: str
    place: str


@dataclass(frozen=True, kw_only=True)
class SeenTaps:
    """What taps tell the figures, in parallel columns.

    :ivar places: where taps were; ``at`` names one by its index
    :ivar day: local day of the tap itself, however late it arrived, in days since 1970
    :ivar member: whose card it was; `NOBODY` where the card is nobody's
    :ivar served: True where the reader accepted the card
    """

    places: Sequence[Place]
    at: Ints
    day: Ints
    member: Ints
    served: Bools

    def __len__(self) -> int:
        return len(self.at)


def count_uses(seen: SeenTaps) -> Counter[Key]:
    """Sum up uses by place and day, and refused taps by day."""
    accounts = sorted({(place.service, place.agency) for place in seen.places})
    numbers = {account: n for n, account in enumerate(accounts)}
    account = np.array([numbers[it.service, it.agency] for it in seen.places], dtype=np.int64)
    found: Counter[Key] = Counter()
    for served in (True, False):
        mine = seen.served == served
        for n, day, count in _counted(account[seen.at[mine]], seen.day[mine]):
            _add(found, *accounts[n], _date(day), count, served)
    month = seen.day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    for n, number, count in _counted(seen.at[seen.served], month[seen.served]):
        it = seen.places[n]
        month_of_it = month_of(number + _MONTH_1970)
        found[it.service, month_of_it, "place_uses", it.agency, it.id] = count
    return found


def _counted(what: Ints, when: Ints) -> Iterator[tuple[int, int, int]]:
    """Yield what, when and how often."""
    keys, counts = np.unique(what * 100_000 + when, return_counts=True)
    yield from zip(
        (keys // 100_000).tolist(), (keys % 100_000).tolist(), counts.tolist(), strict=True
    )


def _add(
    found: Counter[Key], service: str, agency: str, day: dt.date, n: int, served: bool
) -> None:
    month = day.replace(day=1)
    for each in (EVERYWHERE, agency):
        found[service, month, _BY_DAY[served], each, day.day] += n
        if served:
            found[service, month, "uses", each, 0] += n


_BY_DAY = {True: "day_uses", False: "day_refusals"}
_MONTH_1970 = number_of(dt.date(1970, 1, 1))


def _date(day: int) -> dt.date:
    return dt.date(1970, 1, 1) + dt.timedelta(days=day)


def visits_by_month(seen: SeenTaps, pseudonyms: Pseudonyms) -> dict[str, dict[int, Visits]]:
    """Return who came where and when, by service and month (`number_of`)."""
    services = sorted({place.service for place in seen.places})
    of = np.array([services.index(place.service) for place in seen.places], dtype=np.int16)[seen.at]
    known = seen.served & (seen.member != NOBODY)
    found = {}
    for n, service in enumerate(services):
        mine = np.flatnonzero(known & (of == n))
        if len(mine):
            found[service] = _by_month(seen, mine, service, pseudonyms)
    return found


def _by_month(
    seen: SeenTaps, mine: Ints, service: str, pseudonyms: Pseudonyms
) -> dict[int, Visits]:
    members, at = np.unique(seen.member[mine], return_inverse=True)
    who = pseudonyms(service, members)[at]
    ids = np.array([place.id for place in seen.places], dtype=np.uint32)
    visits = records(who, ids[seen.at[mine]])
    dates = seen.day[mine].astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    bit = np.uint32(1) << (dates - months.astype("datetime64[D]")).astype(np.uint32)
    number = months.astype(np.int64) + _MONTH_1970
    if number.min() == number.max():
        return {int(number[0]): visits_of(visits, bit)}
    return {
        int(month): visits_of(visits[number == month], bit[number == month])
        for month in np.unique(number)
    }
