"""Attack the figures as they are published now."""

import datetime as dt
from dataclasses import dataclass

from citycard.insight.attacking import Narrowed, attack, read
from citycard.insight.measuring import least_people
from citycard.insight.queries import months
from citycard.insight.showing import published


@dataclass(frozen=True, kw_only=True)
class Attack:
    """What came of putting every published table of every month together.

    :ivar figures: how many cells were read, hidden ones included
    :ivar narrow: the hidden ones that can be bounded to values less than `least` apart
    """

    months: int
    figures: int
    hidden: int
    least: int
    narrow: tuple[Narrowed, ...]


def attack_published() -> Attack:
    """Try to find out what the published figures of all months hide.

    :raises Contradiction: the tables contradict each other: they were not covered together
    """
    found = list(published(through=max(months(), default=dt.date.min)).values())
    known, least = read(found), least_people()
    return Attack(
        months=len(found),
        figures=len(known.shown) + len(known.hidden),
        hidden=len(known.hidden),
        least=least,
        narrow=tuple(attack(found, least=least)),
    )
