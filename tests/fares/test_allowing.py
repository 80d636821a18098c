"""How far a month's allowance pays: running sums, steps and a plain loop say the same."""

import random
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycard.fares import allowing
from citycard.fares.allowing import Wanted, paid

LIMITS = 2


def loop(wanted: Wanted) -> list[int]:
    """Decide one ride after the other."""
    used: dict[int, int] = defaultdict(int)
    under: dict[tuple[int, int], int] = defaultdict(int)
    given = []
    for person, want, granted, limit, at_most, partial in zip(
        *(column.tolist() for column in wanted), strict=True
    ):
        left = granted - used[person]
        if limit >= 0:
            left = min(left, at_most - under[person, limit])
        points = max(0, min(want, left))
        if not partial and points < want:
            points = 0
        used[person] += points
        under[person, limit] += points
        given.append(points)
    return given


def drawn(seed: int, *, grows: bool, dated: bool, whole: bool) -> Wanted:
    """Draw small amounts close to what is granted, so that limits meet."""
    draw = random.Random(seed)
    return Wanted(
        *(np.array(column) for column in zip(*_rows(draw, grows, dated, whole), strict=True))
    )


def _rows(draw: random.Random, grows: bool, dated: bool, whole: bool) -> Iterator[tuple[int, ...]]:
    for person in range(3):
        granted, at_most = draw.randint(0, 20), [draw.randint(0, 12) for _ in range(LIMITS)]
        for _ in range(draw.randint(1, 12)):
            granted += draw.choice([0, 0, 5]) if grows else 0
            limit = draw.randint(-1, LIMITS - 1)
            if dated and draw.random() < 0.3:
                at_most = [draw.randint(0, 12) for _ in range(LIMITS)]
            partial = not whole or draw.random() < 0.5
            yield (
                person,
                draw.randint(0, 8),
                granted,
                limit,
                at_most[limit] if limit >= 0 else 0,
                partial,
            )


CASES = [(g, d, w) for g in (False, True) for d in (False, True) for w in (False, True)]


@pytest.mark.parametrize(("grows", "dated", "whole"), CASES)
@settings(max_examples=150)
@given(seed=st.integers(0, 2**32))
def test_the_same_as_ride_after_ride(grows: bool, dated: bool, whole: bool, seed: int) -> None:
    wanted = drawn(seed, grows=grows, dated=dated, whole=whole)
    wanted = wanted._replace(partial=wanted.partial.astype(bool))
    assert paid(wanted, LIMITS).tolist() == loop(wanted)


@settings(max_examples=150)
@given(seed=st.integers(0, 2**32))
def test_running_sums_say_what_steps_say(seed: int) -> None:
    """Where sums serve, both ways agree; a city's months go the quick way."""
    wanted = drawn(seed, grows=False, dated=False, whole=False)
    wanted = wanted._replace(partial=wanted.partial.astype(bool))
    segment = allowing.segments(wanted.person)
    assert not allowing._needs_steps(wanted, segment).any()
    quick = allowing._by_sums(wanted, segment, LIMITS)
    assert quick.tolist() == allowing._by_steps(wanted, segment, LIMITS).tolist()
