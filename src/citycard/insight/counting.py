"""Turn taps into additions to the figures. Pure: what is added where, and under which pseudonym."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

UsageKey = tuple[dt.date, str, str, str]
PersonDay = tuple[dt.date, str, str, bytes]
PersonMonth = tuple[dt.date, str, str, str, bytes]


@dataclass(frozen=True, kw_only=True)
class SeenTap:
    """What a tap tells the figures.

    :ivar day: local day of the tap itself, however late it arrived
    :ivar member_id: whose card it was; None where the card is nobody's
    :ivar served: True when the reader accepted the card
    """

    day: dt.date
    service: str
    agency: str
    place: str
    member_id: int | None
    served: bool


@dataclass(kw_only=True)
class Additions:
    """Sums of a batch, ready to be added to the tables."""

    uses: Counter[UsageKey] = field(default_factory=Counter)
    refusals: Counter[UsageKey] = field(default_factory=Counter)
    person_days: Counter[PersonDay] = field(default_factory=Counter)
    person_months: Counter[PersonMonth] = field(default_factory=Counter)


def count(taps: Iterable[SeenTap], *, pseudonym: Callable[[str, int], bytes]) -> Additions:
    """Sum up taps by place and day, and by person under the pseudonym of (service, member)."""
    sums = Additions()
    for tap in taps:
        where = (tap.day, tap.service, tap.agency, tap.place)
        if not tap.served:
            sums.refusals[where] += 1
            continue
        sums.uses[where] += 1
        if tap.member_id is not None:
            _count_person(sums, tap, pseudonym(tap.service, tap.member_id))
    return sums


def _count_person(sums: Additions, tap: SeenTap, who: bytes) -> None:
    month = tap.day.replace(day=1)
    sums.person_days[tap.day, tap.service, tap.agency, who] += 1
    sums.person_months[month, tap.service, tap.agency, tap.place, who] += 1
