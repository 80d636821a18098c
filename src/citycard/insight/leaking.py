"""What a right goes on costing after it ended, by how often registers are followed. Pure.

A synthetic register of a part of the city is lived through day by day: people move away at the real
monthly rate, and the right is switched off at the next look, which comes every so many days. What
one may still take meanwhile is the money leaked.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

POLICIES = (180, 30, 1)
YEARS = 20
"""Years that are lived through; the figures are a year's mean."""
_DAYS, _MONTHS = 365, 12


@dataclass(frozen=True, kw_only=True)
class LeakInputs:
    """What the city's sources say.

    :ivar right: the right's code; ``holders`` how many people have it
    :ivar moves_out_a_month: holders who leave the city in a month
    :ivar ntd_a_month: what the right gives a month; ``ntd_a_month_used`` what is used of it on
        average
    :ivar reported_ntd_a_year: what the sources report as lost; None: nothing
    """

    right: str
    holders: int
    moves_out_a_month: int
    ntd_a_month: int
    ntd_a_month_used: int
    reported_ntd_a_year: int | None
    source: str

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> "LeakInputs":
        """Read the pack's row ``register_feed.leak``."""
        return cls(**{"reported_ntd_a_year": None, **row})


@dataclass(frozen=True, kw_only=True)
class LeakFigure:
    """A year under one policy, for the whole city.

    :ivar every_days: registers are looked at every so many days
    :ivar people: holders who moved away in a year
    :ivar delay_days: mean days between the end and the switch-off; ``longest_days`` the longest
    :ivar ntd_possible: what they could take meanwhile; ``ntd_used`` at the average use
    """

    every_days: int
    people: int
    delay_days: float
    longest_days: int
    ntd_possible: int
    ntd_used: int


def leak_figures(
    *,
    inputs: LeakInputs,
    policies: Sequence[int] = POLICIES,
    share: float = 0.1,
    seed: int = 1,
) -> list[LeakFigure]:
    """Return what leaks in a year under each policy, worked out on a part of the city.

    :param policies: days between two looks
    :param share: which part of the holders the synthetic register has; scaled up afterwards
    :param seed: the same seed draws the same moves
    """
    moves = list(_moves(inputs, share, random.Random(seed)))  # noqa: S311 - a repeatable draw
    return [_figure(inputs, moves, every, share) for every in policies]


def _moves(inputs: LeakInputs, share: float, chance: random.Random) -> Iterator[int]:
    """Yield the days, of years on end, on which somebody of the register moves away."""
    a_day = inputs.moves_out_a_month * _MONTHS / _DAYS * share
    at = chance.expovariate(a_day)
    while at < _DAYS * YEARS:
        yield int(at)
        at += chance.expovariate(a_day)


def _figure(inputs: LeakInputs, moves: Sequence[int], every: int, share: float) -> LeakFigure:
    delays = [every - day % every for day in moves]
    a_year = sum(delays) / share / YEARS
    return LeakFigure(
        every_days=every,
        people=round(len(moves) / share / YEARS),
        delay_days=round(sum(delays) / max(1, len(delays)), 1),
        longest_days=max(delays, default=0),
        ntd_possible=round(a_year * inputs.ntd_a_month * _MONTHS / _DAYS),
        ntd_used=round(a_year * inputs.ntd_a_month_used * _MONTHS / _DAYS),
    )
