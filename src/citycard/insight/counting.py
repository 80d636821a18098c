"""Turn taps into what is added to the figures: uses, and who came where and when. Pure."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from citycard.insight.columns import U32, U64, Bools, Ints, Records
from citycard.insight.tallying import EVERYWHERE
from citycard.insight.visits import number_of, visits_of

Key = tuple[str, dt.date, str, str, int]
"""Service, month, what, agency, key: a row of ``insight_count``."""

Pseudonyms = Callable[[str, Ints], U64]
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
    found: Counter[Key] = Counter()
    for served in (True, False):
        mine = seen.served == served
        keys, counts = np.unique(seen.at[mine] * 100_000 + seen.day[mine], return_counts=True)
        for key, n in zip(keys.tolist(), counts.tolist(), strict=True):
            _add(found, seen.places[key // 100_000], _date(key % 100_000), n, served)
    return found


def _add(found: Counter[Key], place: Place, day: dt.date, n: int, served: bool) -> None:
    month = day.replace(day=1)
    for agency in (EVERYWHERE, place.agency):
        found[place.service, month, _BY_DAY[served], agency, day.day] += n
        if served:
            found[place.service, month, "uses", agency, 0] += n
    if served:
        found[place.service, month, "place_uses", place.agency, place.id] += n


_BY_DAY = {True: "day_uses", False: "day_refusals"}


def _date(day: int) -> dt.date:
    return dt.date(1970, 1, 1) + dt.timedelta(days=day)


def visits_by_month(seen: SeenTaps, pseudonyms: Pseudonyms) -> dict[str, dict[int, Records]]:
    """Return who came where and when, by service and month (`number_of`)."""
    by_service: dict[str, list[int]] = {}
    for n, place in enumerate(seen.places):
        by_service.setdefault(place.service, []).append(n)
    known = seen.served & (seen.member != NOBODY)
    found = {}
    for service, places in sorted(by_service.items()):
        mine = np.flatnonzero(known & np.isin(seen.at, places))
        if len(mine):
            found[service] = _by_month(seen, mine, service, pseudonyms)
    return found


def _by_month(
    seen: SeenTaps, mine: Ints, service: str, pseudonyms: Pseudonyms
) -> dict[int, Records]:
    members, at = np.unique(seen.member[mine], return_inverse=True)
    who = pseudonyms(service, members)[at]
    ids = np.array([place.id for place in seen.places], dtype=np.uint32)
    place: U32 = ids[seen.at[mine]]
    dates = seen.day[mine].astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    bit = np.uint32(1) << (dates - months.astype("datetime64[D]")).astype(np.uint32)
    number = months.astype(np.int64) + number_of(dt.date(1970, 1, 1))
    return {
        int(month): visits_of(who[number == month], place[number == month], bit[number == month])
        for month in np.unique(number)
    }
