"""Whose ride it is: the marks of the city's fares that hold at a ride's own time. Pure columns.

A mark holds where any one of the ways holds that it names: a right (perhaps with a value that it
gives, perhaps only with a card that carries it), the kind of card, the holder's age, or what the
device took the card for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from citycard.fares.book import Mark
from citycard.fares.holding import NOWHERE, Periods
from citycard.fares.values import NONE, Column, Flags

_OLD = 1_000

Opens = Callable[[str, str, int], bool]
"""Whether a kind of card opens a right on a day: kind, entitlement, day since 1970."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Riders:
    """What marks are decided by, a row a ride.

    :ivar member: 0 for nobody
    :ivar card: the card's key; ``at`` when the ride began, microseconds since 2000
    :ivar day: the local day of the boarding, since 1970
    :ivar kind: place in ``kinds``; -1 for a card that the city doesn't know
    :ivar born: day of birth since 1970, or NONE
    :ivar ticket: the ticket's number; ``tickets`` has the numbers of codes
    """

    member: Column
    card: Column
    at: Column
    day: Column
    kind: Column
    ticket: Column
    born: Column
    kinds: Sequence[str]
    tickets: Mapping[str, int]


class Carriers(NamedTuple):
    """When cards carried a right, by card, and whose: of a right that one card a person carries."""

    periods: Periods
    members: Column

    def hold(self, riders: Riders) -> Flags:
        """Tell which rides were made with the card that carried it."""
        place = self.periods.holding(riders.card, riders.at)
        whose = self.members[np.maximum(place, 0)] if len(self.members) else place
        return np.asarray((place != NOWHERE) & (whose == riders.member))


@dataclass(frozen=True, kw_only=True, eq=False)
class Rights:
    """The days of rights by member: of each entitlement, and of what it gives for each mark that
    asks for a value; and the cards of those that one card a person carries."""

    held: Mapping[str, Periods]
    given: Mapping[str, Periods]
    carriers: Mapping[str, Carriers]


def marks_of(*, marks: Sequence[Mark], riders: Riders, rights: Rights, opens: Opens) -> Column:
    """Return the marks of each ride as bits: that of a mark is its place."""
    found = np.zeros(len(riders.member), np.int64)
    for place, mark in enumerate(marks):
        holds = np.zeros(len(found), bool)
        for way in _ways(mark, riders, rights, opens):
            holds |= way
        found |= np.where(holds, 1 << place, 0)
    return found


def _ways(mark: Mark, riders: Riders, rights: Rights, opens: Opens) -> list[Flags]:
    ways = []
    if mark.entitlement is not None:
        ways.append(_by_right(mark, mark.entitlement, riders, rights, opens))
    if mark.card_kinds:
        wanted = [place for place, kind in enumerate(riders.kinds) if kind in mark.card_kinds]
        ways.append((riders.member > 0) & np.isin(riders.kind, wanted))
    if mark.age_from is not None or mark.age_below is not None:
        ways.append(_of_age(riders, mark.age_from or 0, mark.age_below or _OLD))
    if said := [*mark.tickets, *mark.profiles]:
        numbers = [riders.tickets[code] for code in said if code in riders.tickets]
        ways.append(np.isin(riders.ticket, numbers))
    return ways


def _by_right(mark: Mark, code: str, riders: Riders, rights: Rights, opens: Opens) -> Flags:
    days = rights.given[mark.code] if mark.gift else rights.held[code]
    holds = np.asarray(days.holding(riders.member, riders.day) != NOWHERE)
    if code in rights.carriers:
        holds &= rights.carriers[code].hold(riders)
    return holds & _carries(code, riders, opens) if mark.carried else holds


def _carries(code: str, riders: Riders, opens: Opens) -> Flags:
    """Tell whether each ride's card opens a right on the ride's day; few kinds, few days."""
    if not len(riders.day):
        return np.zeros(0, bool)
    first = int(riders.day.min())
    days = int(riders.day.max()) - first + 1
    unknown = [False] * days  # the last row: where place -1 points to
    table = [[opens(kind, code, first + n) for n in range(days)] for kind in riders.kinds]
    return np.asarray(np.array([*table, unknown])[riders.kind, riders.day - first])


def _of_age(riders: Riders, least: int, below: int) -> Flags:
    """Tell who is of an age on a day: full on the birthday; of 29 February on 1 March."""
    known = riders.born != NONE
    birth = np.where(known, riders.born, 0).astype("datetime64[D]")
    on = riders.day.astype("datetime64[D]")
    age = _years(on) - _years(birth) - (_day_of_year(on) < _day_of_year(birth))
    return np.asarray(known & (age >= least) & (age < below))


def _years(days: Any) -> Column:
    return np.asarray(days.astype("datetime64[Y]").astype(np.int64))


def _day_of_year(days: Any) -> Column:
    """Return month and day as one number: 29 February lies between the 28th and 1 March."""
    months = days.astype("datetime64[M]")
    day = (days - months.astype("datetime64[D]")).astype(np.int64)
    return np.asarray(months.astype(np.int64) % 12 * 100 + day)
