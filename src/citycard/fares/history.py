"""What went before a ride: transfers, pairs of rides, the first ride of the day. Each asks which
of the rides that a concession is for it holds for; only earlier rides are looked at."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from citycard.fares.lockstep import any_before, segments, steps
from citycard.fares.values import NONE, Column, Ended, Flags, RideColumns


class History(NamedTuple):
    """The rides of whole person-months, with their modes; uses of the allowance are no rides."""

    rides: RideColumns
    mode: Column
    is_ride: Flags


class Holds(Protocol):
    """Which of some rides a concession holds for, by what went before.

    :ivar seconds: how long before a ride another may have ended, or begun, that counts for it; of
        its own service day any does
    """

    @property
    def seconds(self) -> int: ...

    def __call__(self, history: History, rows: Column) -> Flags:
        """Tell it for these rows, in their order."""
        ...


@dataclass(frozen=True, kw_only=True)
class SoonAfter:
    """The ride began soon after the end of the one before, which had one of these modes.

    :ivar chained: counted from the end of the first ride of a chain, not of the one before
    """

    seconds: int
    modes: frozenset[int]
    chained: bool

    def __call__(self, history: History, rows: Column) -> Flags:
        rides = np.flatnonzero(history.is_ride)
        within = self._chain(history, rides) if self.chained else self._last(history, rides)
        flags = np.zeros(len(history.mode), dtype=np.bool_)
        flags[rides] = within
        return flags[rows]

    def _last(self, history: History, rides: Column) -> Flags:
        person = history.rides.person[rides]
        ends = self._ends(history, rides)
        same, before = person[1:] == person[:-1], np.full(len(rides), NONE)
        before[1:] = np.where(same, ends[:-1], NONE)
        return self._soon(history.rides.boarded_at[rides], before)

    def _chain(self, history: History, rides: Column) -> Flags:
        segment = segments(history.rides.person[rides])
        boarded, ends = history.rides.boarded_at[rides], self._ends(history, rides)
        within = np.zeros(len(rides), dtype=np.bool_)
        anchor = np.full(int(segment[-1]) + 1 if len(segment) else 0, NONE)
        for at, slots in steps(segment):
            within[at] = self._soon(boarded[at], anchor[slots])
            anchor[slots] = np.where(within[at], anchor[slots], ends[at])
        return within

    def _ends(self, history: History, rides: Column) -> Column:
        """Return when a transfer's time begins to run; NONE where a ride gives none."""
        gives = np.isin(history.mode[rides], list(self.modes))
        return np.where(gives, history.rides.alighted_at[rides], NONE)

    def _soon(self, boarded: Column, before: Column) -> Flags:
        waited = boarded - np.maximum(before, -(2**40))
        soon: Flags = (before != NONE) & (waited >= 0) & (waited <= self.seconds)
        return soon


@dataclass(frozen=True, kw_only=True)
class SecondOfTwo:
    """Of two rides begun within a time the second one; the next ride begins a pair anew."""

    seconds: int

    def __call__(self, history: History, rows: Column) -> Flags:
        second = np.zeros(len(rows), dtype=np.bool_)
        whole = history.rides.ended[rows] == Ended.WHOLE
        second[whole] = self._second(history.rides.take(rows[whole]))
        return second

    def _second(self, rides: RideColumns) -> Flags:
        segment, boarded = segments(rides.person), rides.boarded_at
        second = np.zeros(len(rides), dtype=np.bool_)
        first_at = np.full(int(segment[-1]) + 1 if len(segment) else 0, NONE)
        for at, slots in steps(segment):
            before = first_at[slots]
            second[at] = (before != NONE) & (boarded[at] - before <= self.seconds)
            first_at[slots] = np.where(second[at], NONE, boarded[at])
        return second


@dataclass(frozen=True, kw_only=True)
class LaterOfDay:
    """A ride of the same service day went before; or, ``first``: none did."""

    first: bool
    needs_tap_out: bool
    seconds: int = 0

    def __call__(self, history: History, rows: Column) -> Flags:
        rides = history.rides
        day = segments(rides.person[rows] * 2**20 + rides.day[rows])
        whole = rides.ended[rows] == Ended.WHOLE
        earlier = any_before(day, whole if self.needs_tap_out else np.ones_like(whole))
        return ~earlier if self.first else earlier
