"""The taps of a replay, day by day: who taps where and when, and when each tap reaches the city.

A day is drawn by itself from the seed, so any day can be drawn again. A reader numbers its taps by
their place among all of its line's: the sequence follows from the plan alone, and what a city has
accepted tells where to go on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from citycard.simulation.replaying_plan import FOREIGN, WRITERS, Line, Plan, Whole

Table = npt.NDArray[Any]
TAP = np.dtype(
    [
        ("due", np.int64),  # window in which it reaches the city
        ("at_us", np.int64),
        ("line", np.int64),
        ("reader", np.int64),  # of the line's readers of this writer
        ("seq", np.int64),
        ("number", np.int64),
        ("ride", np.int64),  # 0: none, else 1 + what is paid; see `Riding`
        ("price_ntd", np.int64),  # -1: none
    ]
)
MINUTE = 60_000_000
WINDOW, QUARTER = 14 * MINUTE, 15 * MINUTE
"""Readers send what they saw in a quarter of an hour; later than that would be late."""
_QUARTERS = 96
HELD_BACK_DAYS = 3
"""The longest that a reader holds taps back."""
_A_BATCH, _MOST_WINDOWS = 5_000, 64
_MOST_ACTIVE = 12.0


@dataclass(frozen=True, kw_only=True)
class Days:
    """Draws the days of one writer."""

    plan: Plan
    writer: int

    def day(self, n: int) -> Table:
        """Return a day's taps by time, those that are sent again among them (twice, same content);
        ``due`` tells when each reaches the city."""
        random = np.random.default_rng([self.plan.seed, self.writer, n])
        taps = np.concatenate([self._of_line(line, n, random) for line in self.plan.lines])
        late = random.random(len(taps)) < self.plan.mix["late_percent"] / 100
        taps["due"] = np.where(late, self._held_back(taps, random), taps["due"])
        again = taps[random.random(len(taps)) < self.plan.mix["twice_percent"] / 100]
        again["due"] += 1 + random.integers(0, max(1, self.windows), len(again))
        return np.concatenate([taps, again])

    def first_of(self, n: int) -> Whole:
        """Return how many taps each line had before a day."""
        return np.array([line.taps[:n, self.writer].sum() for line in self.plan.lines])

    @cached_property
    def windows(self) -> int:
        """How many quarter-hours of a day taps fall in."""
        return int(np.clip(round(self.plan.a_day / WRITERS / _A_BATCH), 1, _MOST_WINDOWS))

    @cached_property
    def starts_us(self) -> Whole:
        """Microseconds at which each window begins, of all days and of those after the last on
        which held-back taps still come."""
        hours = np.sum([line.hours * line.counted for line in self.plan.lines], axis=0)
        weights = np.repeat(hours / hours.sum(), 4) / 4
        days = []
        for n in range(self.plan.days + HELD_BACK_DAYS + 2):
            random = np.random.default_rng([self.plan.seed, 1_000, n])
            quarters = random.choice(_QUARTERS, self.windows, replace=False, p=weights)
            midnight = self.plan.pack.time.midnight(self.plan.day(n))
            days.append(int(midnight.timestamp()) * 1_000_000 + np.sort(quarters) * QUARTER)
        return np.concatenate(days)

    def windows_of(self, n: int) -> slice:
        """Return the places of a day's windows."""
        return slice(n * self.windows, (n + 1) * self.windows)

    def _of_line(self, line: Line, n: int, random: np.random.Generator) -> Table:
        known, strange = int(line.by_day[n, self.writer]), int(line.strange[n, self.writer])
        taps = np.zeros(known + strange, TAP)
        window = self._windows(line, n, len(taps), random)
        taps["due"], taps["line"], taps["price_ntd"] = window, line.place, -1
        taps["at_us"] = self.starts_us[window] + self._within(len(taps), random)
        self._cards(line, taps[:known], random)
        taps["number"][known:] = FOREIGN + random.integers(0, 10**9, strange)
        taps = taps[np.argsort(taps["at_us"], kind="stable")]
        place = int(line.taps[:n, self.writer].sum()) + np.arange(len(taps))
        taps["reader"], taps["seq"] = place % line.readers, place // line.readers + 1
        return taps

    def _windows(self, line: Line, n: int, size: int, random: np.random.Generator) -> Whole:
        """Draw the window of each tap by the line's hours."""
        own = self.windows_of(n)
        midnight = self.plan.pack.time.midnight(self.plan.day(n)).timestamp() * 1_000_000
        hour = ((self.starts_us[own] - int(midnight)) // (60 * MINUTE)).astype(np.int64)
        weights = line.hours[hour] + 1e-9
        chosen = np.searchsorted(np.cumsum(weights) / weights.sum(), random.random(size))
        place: Whole = own.start + np.minimum(chosen, self.windows - 1)
        return place

    def _within(self, size: int, random: np.random.Generator) -> Whole:
        """Draw moments of a window, to the millisecond."""
        return random.integers(0, WINDOW // 1_000, size) * 1_000

    def _held_back(self, taps: Table, random: np.random.Generator) -> Whole:
        """Return the windows in which taps come that are held back, from minutes to days."""
        longest = np.log(HELD_BACK_DAYS * 24 * 60.0)
        delay = np.exp(random.uniform(np.log(16.0), longest, len(taps))) * MINUTE
        due = np.searchsorted(self.starts_us + WINDOW, taps["at_us"] + delay.astype(np.int64))
        later: Whole = np.minimum(np.maximum(due, taps["due"] + 1), len(self.starts_us) - 1)
        return later

    def _cards(self, line: Line, taps: Table, random: np.random.Generator) -> None:
        """Say whose cards are tapped, and what they ride and pay."""
        taps["number"] = self.plan.first_number + self._drawn(self._riders(line), taps, random)
        if line.rides is not None:
            self._ride(line, taps, random)
        if line.prices is not None:
            low, high = line.prices["kilometres"]
            metres = random.integers(low * 1_000, high * 1_000, len(taps))
            taps["price_ntd"] = (
                line.prices["from_ntd"] + metres * line.prices["each_km_ntd"] // 1_000
            )

    def _ride(self, line: Line, taps: Table, random: np.random.Generator) -> None:
        """Let some taps be rides: of people whose points pay, of others, and in pairs of which the
        second is a transfer."""
        assert line.rides is not None, "only lines with rides are asked"
        low, high = line.rides["kilometres"]
        paying, pairs = self._shares(line, len(taps), random)
        distance = random.integers(low, high, len(taps), endpoint=True)
        begin = 0
        for kinds, rides, twos in (
            (self.plan.allowance, paying, pairs // 2),
            (line.rides["without_allowance"], 2 * (pairs - pairs // 2), pairs - pairs // 2),
        ):
            own = taps[begin : begin + rides]
            cards = self._drawn(self._riders(line, tuple(kinds)), own, random)
            cards[twos : 2 * twos] = cards[:twos]
            own["number"] = self.plan.first_number + cards
            own["ride"] = 1 + self._kind_of(cards) * 100 + distance[begin : begin + rides]
            self._follow(own, twos, random)
            begin += rides

    def _follow(self, own: Table, twos: int, random: np.random.Generator) -> None:
        """Let the second half of the pairs follow the first within minutes."""
        first, second = own[:twos], own[twos : 2 * twos]
        second["due"] = first["due"]
        start = self.starts_us[first["due"]]
        first["at_us"] = start + random.integers(0, 5 * 60_000, twos) * 1_000
        second["at_us"] = first["at_us"] + random.integers(4 * 60_000, 9 * 60_000, twos) * 1_000

    def _shares(self, line: Line, taps: int, random: np.random.Generator) -> tuple[int, int]:
        """Return how many of so many taps are paid by points, and how many pairs there are; the
        shares are of all taps of the city."""
        whole = sum(one.counted for one in self.plan.lines) / line.counted / 100
        wanted = (self.plan.mix["allowance_percent"], self.plan.mix["transfer_percent"])
        paying, pairs = (int(taps * each * whole + random.random()) for each in wanted)
        pairs = min(pairs, paying, (taps - paying) // 2)
        return paying, pairs

    def _drawn(self, weights: Table, taps: Table, random: np.random.Generator) -> Whole:
        drawn = np.searchsorted(weights, random.random(len(taps)) * weights[-1], side="right")
        cards: Whole = np.minimum(drawn, self.plan.cards - 1)
        return cards

    def _kind_of(self, cards: Whole) -> Whole:
        firsts = [kind.first for kind in self.plan.kinds.values()]
        return np.searchsorted(firsts, cards, side="right") - 1

    @cached_property
    def _activity(self) -> npt.NDArray[np.float64]:
        """How often each card is used: some people ride all day, most now and then."""
        random = np.random.default_rng([self.plan.seed, 2_000])
        return np.minimum(random.lognormal(0, 0.8, self.plan.cards), _MOST_ACTIVE)

    @cached_property
    def _kept(self) -> dict[Any, Table]:
        return {}

    def _riders(self, line: Line, kinds: tuple[str, ...] = ()) -> Table:
        """Return running sums of how often cards are tapped at a line; of some kinds' cards."""
        key = (line.place, kinds)
        if key not in self._kept:
            self._kept[key] = np.cumsum(self._weights(line, kinds or tuple(line.riders)))
        return self._kept[key]

    def _weights(self, line: Line, kinds: tuple[str, ...]) -> Table:
        weights = np.zeros(self.plan.cards)
        for code in kinds:
            kind = self.plan.kinds[code]
            own = slice(kind.first, kind.first + kind.cards)
            weights[own] = self._activity[own] * line.riders.get(code, 1)
        percent = self._linked_percent(line)
        return weights if percent is None else weights * linked(self.plan, percent)

    def _linked_percent(self, line: Line) -> int | None:
        service = self.plan.pack.table("services")["services"][line.service]
        agency = service.get("needs", {}).get("link")
        return None if agency is None else self.plan.linked_percent.get(agency, 0)


def linked(plan: Plan, percent: int) -> npt.NDArray[np.bool_]:
    """Tell of each card whether its holder has an agency's own number."""
    members = np.concatenate(
        [kind.first_member + np.arange(kind.cards) for kind in plan.kinds.values()]
    )
    found: npt.NDArray[np.bool_] = has_number(members, percent)
    return found


def has_number(members: Any, percent: int) -> Any:
    """Tell of members by place whether they have an agency's own number."""
    return members * 7_919 % 100 < percent


def batches(days: Days, first_day: int = 0) -> Iterator[tuple[int, Table]]:
    """Yield window after window with the taps that reach the city in it, by time; the days before
    the first one count as far as their taps come later.

    :param first_day: windows before it are left out
    """
    plan, waiting = days.plan, np.zeros(0, TAP)
    begin = max(0, first_day - HELD_BACK_DAYS - 1)
    for n in range(begin, plan.days + HELD_BACK_DAYS + 2):
        drawn = days.day(n) if n < plan.days else np.zeros(0, TAP)
        waiting = np.concatenate([waiting, drawn])
        own = days.windows_of(n)
        now = waiting["due"] < (own.stop if own.stop < len(days.starts_us) else np.inf)
        today, waiting = waiting[now], waiting[~now]
        today = today[np.lexsort([today["seq"], today["at_us"], today["due"]])]
        edges = np.searchsorted(today["due"], np.arange(own.start, own.stop + 1))
        edges[-1] = len(today)
        if n < first_day:
            continue
        for window, (one, after) in enumerate(pairwise(edges), own.start):
            if after > one:
                yield window, today[one:after]
