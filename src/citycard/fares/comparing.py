"""Two policies over the same rides: what the city pays, for whom, and who pays more or less.

Pure: no database, no clock.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from citycard.fares.estimating import Estimate, Guess, after_guess, estimates, whole
from citycard.fares.trying import Groups, TriedMonth
from citycard.fares.values import NONE, Column, Flags

BANDS = (0, 6, 12, 18, 25, 45, 65, 75, 85)
"""First years of the age bands."""
DAYS_A_YEAR = 365.2425

Shown = Callable[[Mapping[str, int]], Mapping[str, bool]]
"""Tells which groups have people enough to be told of, by the people of each."""


@dataclass(frozen=True, kw_only=True)
class PolicyLine:
    """A group of people, or a mode: what the city pays for their rides, in whole NT$.

    :ivar people: riders of the group; None in place of any number: too few people to be told
    :ivar guesses: the change under each guess, with its interval
    """

    code: str
    people: int | None
    before_ntd: int | None
    after_ntd: int | None
    guesses: tuple[Estimate, ...] | None


@dataclass(frozen=True, kw_only=True)
class PolicyTrial:
    """What a proposal comes to.

    :ivar guesses: names of the guesses, in the order of every line's
    :ivar gain, lose: riders who pay less, or more, of their own
    :ivar booked_rides: stored rides; ``other_rides`` of them that the rules in force don't give
    """

    guesses: tuple[str, ...]
    all: PolicyLine
    by_mode: tuple[PolicyLine, ...]
    by_district: tuple[PolicyLine, ...]
    by_age: tuple[PolicyLine, ...]
    rides: int
    gain: int
    lose: int
    own_before_ntd: int
    own_after_ntd: int
    booked_rides: int
    other_rides: int


def compare_policies(
    *,
    before: TriedMonth,
    after: TriedMonth,
    guesses: Sequence[Guess],
    groups_of: Callable[[Column], Groups],
    today: dt.date,
    shown: Shown,
) -> PolicyTrial:
    """Tell what a proposal changes.

    :param before: by the rules in force, ``after`` by the proposal; the same riders in one order,
        somebody with rides in several months more than once
    :param groups_of: tells where and how old riders are
    :param today: the day on which ages are told
    """
    after = _in_order_of(before, after)
    costs = [
        after_guess(
            modes=before.modes, before_own=before.own_micro, after_own=after.own_micro,
            after_city=after.city_micro, guess=guess,
        )
        for guess in guesses
    ]  # fmt: skip
    ones, at = np.unique(before.riders, return_inverse=True)
    groups = groups_of(ones)
    tell = _Telling(before, after, costs, len(ones), at, shown)
    own = tell.per_person(after.own_micro.sum(axis=1)) - tell.per_person(
        before.own_micro.sum(axis=1)
    )
    return PolicyTrial(
        guesses=tuple(guess.name for guess in guesses),
        all=tell.lines(np.zeros(len(ones), np.int64), ["all"])[0],
        by_mode=tuple(tell.modes()),
        by_district=tuple(tell.lines(groups.district, groups.districts)),
        by_age=tuple(tell.lines(_bands(groups.born, today), [str(first) for first in BANDS])),
        rides=int(before.rides.sum()),
        gain=int((own < 0).sum()),
        lose=int((own > 0).sum()),
        own_before_ntd=whole(int(before.own_micro.sum())),
        own_after_ntd=whole(int(after.own_micro.sum())),
        booked_rides=before.booked.rides,
        other_rides=before.booked.other,
    )


def _in_order_of(before: TriedMonth, after: TriedMonth) -> TriedMonth:
    """Return the proposal's columns in the order of the modes in force; a new mode is refused by
    nobody: it has no rides yet."""
    place = [after.modes.index(mode) if mode in after.modes else -1 for mode in before.modes]

    def reordered(values: Column) -> Column:
        wide = np.concatenate([values, np.zeros((len(values), 1), np.int64)], axis=1)
        return np.asarray(wide[:, place])

    return TriedMonth(
        riders=after.riders,
        modes=before.modes,
        rides=reordered(after.rides),
        city_micro=reordered(after.city_micro),
        own_micro=reordered(after.own_micro),
        points=reordered(after.points),
        booked=after.booked,
    )


def _bands(born: Column, today: dt.date) -> Column:
    """Return each rider's place in ``BANDS``; -1 where the birth isn't known."""
    days = (today - dt.date(1970, 1, 1)).days
    years = np.floor((days - born) / DAYS_A_YEAR)
    place = np.searchsorted(np.array(BANDS), years, side="right") - 1
    return np.where(born == NONE, -1, place)


@dataclass(frozen=True)
class _Telling:
    """Adds riders' months up to people and to groups of them, and hides the small ones."""

    before: TriedMonth
    after: TriedMonth
    costs: Sequence[Column]
    people: int
    at: Column
    shown: Shown

    def per_person(self, values: Column) -> Column:
        """Add up what a person has in several months."""
        found = np.zeros(self.people, np.int64)
        np.add.at(found, self.at, values)
        return found

    def lines(self, group: Column, codes: Sequence[str]) -> list[PolicyLine]:
        """Tell each group with people in it."""
        before = self.per_person(self.before.city_micro.sum(axis=1))
        after = self.per_person(self.after.city_micro.sum(axis=1))
        changes = [self.per_person(cost.sum(axis=1)) - before for cost in self.costs]
        found = [estimates(change=change, group=group, groups=len(codes)) for change in changes]
        people = np.bincount(group[group >= 0], minlength=len(codes))
        shown = self.shown({code: int(people[n]) for n, code in enumerate(codes)})
        return [
            self._line(code, int(people[n]), group == n, before, after, [one[n] for one in found])
            if shown[code]
            else PolicyLine(code=code, people=None, before_ntd=None, after_ntd=None, guesses=None)
            for n, code in enumerate(codes)
            if people[n]
        ]

    def modes(self) -> list[PolicyLine]:
        """Tell each mode with rides."""
        return [
            self._mode(n, mode)
            for n, mode in enumerate(self.before.modes)
            if self.before.rides[:, n].any()
        ]

    def _mode(self, n: int, mode: str) -> PolicyLine:
        before = self.per_person(self.before.city_micro[:, n])
        after = self.per_person(self.after.city_micro[:, n])
        everybody = np.zeros(self.people, np.int64)
        found = [
            estimates(change=self.per_person(cost[:, n]) - before, group=everybody, groups=1)[0]
            for cost in self.costs
        ]
        ride = self.per_person(self.before.rides[:, n]) > 0
        if not self.shown({mode: int(ride.sum())})[mode]:
            return PolicyLine(code=mode, people=None, before_ntd=None, after_ntd=None, guesses=None)
        return self._line(mode, int(ride.sum()), ride, before, after, found)

    @staticmethod
    def _line(
        code: str,
        people: int,
        own: Flags,
        before: Column,
        after: Column,
        guesses: Sequence[Estimate],
    ) -> PolicyLine:
        return PolicyLine(
            code=code,
            people=people,
            before_ntd=whole(int(before[own].sum())),
            after_ntd=whole(int(after[own].sum())),
            guesses=tuple(guesses),
        )
