"""What a change costs, and how sure that is: sums a group, with an interval from resampling people.

The people whose rides were stored are taken for a sample of those who will ride: each resampling
counts everybody as often as a Poisson number of mean one says (Hanley and MacGibbon 2006), and the
middle nine tenths of the sums are the interval. It says how far chance reaches, not how people
change: for that the officer gives a low, a middle and a high guess.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from citycard.fares.values import MICRO, Column

RESAMPLINGS = 200
LOW, HIGH = 5, 95  # percentiles
_AT_ONCE = 2**22


class Guess(NamedTuple):
    """By how many percent rides of a mode grow where they cost their rider less than before."""

    name: str
    percent: Mapping[str, int]


class Estimate(NamedTuple):
    """A change of the city's cost, in whole NT$; ``low`` and ``high`` bound nine tenths of it."""

    ntd: int
    low: int
    high: int


def after_guess(
    *, modes: Sequence[str], before_own: Column, after_own: Column, after_city: Column, guess: Guess
) -> Column:
    """Return the city's cost a rider and mode (millionths) once riders follow lower prices.

    More rides of a mode cost the city in proportion, for those only who pay less than before.
    """
    percent = np.array([guess.percent.get(mode, 0) for mode in modes], np.int64)
    grows = np.where(after_own < before_own, percent, 0)
    return after_city + after_city * grows // 100


def estimates(*, change: Column, group: Column, groups: int, seed: int = 7) -> list[Estimate]:
    """Return the change a group and, last, of all together.

    :param change: millionths a rider
    :param group: each rider's group; below zero: of none
    """
    sums = np.zeros((RESAMPLINGS, groups + 1))
    of = np.where(group < 0, groups, group)
    touched = np.flatnonzero(change)
    random = np.random.default_rng(seed)
    chunk = max(1, _AT_ONCE // RESAMPLINGS)
    for begin in range(0, len(touched), chunk):
        rows = touched[begin : begin + chunk]
        times = random.poisson(1.0, (RESAMPLINGS, len(rows))).astype(np.float64)
        weighed = times * change[rows]
        order = np.argsort(of[rows], kind="stable")
        present, first = np.unique(of[rows][order], return_index=True)
        sums[:, present] += np.add.reduceat(weighed[:, order], first, axis=1)
    exact = np.zeros(groups + 1, np.int64)
    np.add.at(exact, of, change)
    parts = [_estimate(exact[n], sums[:, n]) for n in range(groups)]
    return [*parts, _estimate(exact.sum(), sums.sum(axis=1))]


def _estimate(micro: int, sums: npt.NDArray[np.float64]) -> Estimate:
    low, high = np.percentile(sums, [LOW, HIGH])
    return Estimate(whole(int(micro)), whole(int(low)), whole(int(high)))


def whole(micro: int) -> int:
    """Return millionths as the nearest whole NT$, halves away from zero."""
    size = (abs(micro) * 2 + MICRO) // (2 * MICRO)
    return size if micro >= 0 else -size
