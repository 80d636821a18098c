"""Boardings and alightings matched: against a plain loop, and in any order of arrival."""

import random
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from citycard.fares.pairing import BOARDING_MISSING, IN, OUT, READING, WHOLE, in_order, pair
from citycard.fares.values import Ended

HOUR = 3_600
LONGEST_S = 4 * HOUR


def readings(*said: tuple[Any, ...]) -> Any:
    """Make readings of (second, card, leg, operator, missed), numbered as they stand."""
    table = np.zeros(len(said), READING)
    for n, (at, card, leg, operator, missed) in enumerate(said):
        table[n]["at"] = at * 1_000_000
        table[n]["card"], table[n]["leg"], table[n]["operator"] = card, leg, operator
        table[n]["missed"], table[n]["seq"] = missed, n
    return table


def rides(table: Any) -> set[tuple[int, int, int | None, int]]:
    """Return rides as (number of the first tap, of the last, of the next boarding, how ended)."""
    table = in_order(table)
    found = pair(table, longest_ride_s=LONGEST_S)
    seq = [int(one) for one in table["seq"]]
    return {
        (seq[first], seq[last], None if after < 0 else seq[after], int(ended))
        for first, last, after, ended in zip(*found, strict=True)
    }


def plainly(table: Any) -> set[tuple[int, int, int | None, int]]:
    """Say the same with a loop over each card's taps."""
    found: set[tuple[int, int, int | None, int]] = set()
    for card in {int(one["card"]) for one in table}:
        taps = sorted(
            (one for one in table if one["card"] == card),
            key=lambda one: (one["at"], one["reader"], one["epoch"], one["seq"]),
        )
        found |= {(one["seq"], one["seq"], None, 0) for one in taps if one["leg"] == WHOLE}
        before: Any = None
        locked: list[Any] = []
        for one in (one for one in taps if one["leg"] != WHOLE or one["missed"] > 0):
            if one["leg"] == OUT:
                meets = (
                    before is not None
                    and before["leg"] == IN
                    and before["operator"] == one["operator"]
                    and one["at"] - before["at"] <= LONGEST_S * 1_000_000
                )
                if meets:
                    locked.remove(before)
                    found.add((before["seq"], one["seq"], None, int(Ended.WHOLE)))
                else:
                    found.add((one["seq"], one["seq"], None, BOARDING_MISSING))
            else:
                for old in locked:
                    found.add((old["seq"], old["seq"], one["seq"], int(Ended.MISSING_CHARGED)))
                locked = [one] if one["leg"] == IN else []
            before = one
        found |= {(one["seq"], one["seq"], None, int(Ended.MISSING_LOCKED)) for one in locked}
    return {tuple(None if x is None else int(x) for x in one) for one in found}  # type: ignore[misc]


def test_a_boarding_and_its_alighting_are_one_ride() -> None:
    assert rides(readings((0, 1, IN, 5, 0), (600, 1, OUT, 5, 0))) == {(0, 1, None, 0)}


def test_a_missing_alighting_is_locked_until_the_next_boarding() -> None:
    assert rides(readings((0, 1, IN, 5, 0))) == {(0, 0, None, Ended.MISSING_LOCKED)}
    both = readings((0, 1, IN, 5, 0), (9_000, 1, IN, 6, 20))
    assert rides(both) == {
        (0, 0, 1, Ended.MISSING_CHARGED),
        (1, 1, None, Ended.MISSING_LOCKED),
    }


def test_an_alighting_from_another_operator_or_too_late_has_no_boarding() -> None:
    elsewhere = readings((0, 1, IN, 5, 0), (600, 1, OUT, 6, 0))
    assert (1, 1, None, BOARDING_MISSING) in rides(elsewhere)
    late = readings((0, 1, IN, 5, 0), (LONGEST_S + 1, 1, OUT, 5, 0))
    assert (1, 1, None, BOARDING_MISSING) in rides(late)
    on_time = readings((0, 1, IN, 5, 0), (LONGEST_S, 1, OUT, 5, 0))
    assert rides(on_time) == {(0, 1, None, 0)}


def test_a_taxi_in_the_middle_touches_nothing() -> None:
    found = rides(readings((0, 1, IN, 5, 0), (60, 1, WHOLE, 9, 0), (600, 1, OUT, 5, 0)))
    assert found == {(0, 2, None, 0), (1, 1, None, 0)}


def test_nothing_is_paired_of_nothing() -> None:
    assert rides(readings()) == set()


TAP = st.tuples(
    st.integers(0, 12).map(lambda half_hours: half_hours * HOUR // 2),
    st.integers(1, 3),
    st.sampled_from((IN, IN, OUT, OUT, WHOLE)),
    st.integers(5, 6),
    st.sampled_from((0, 0, 20)),
)


@given(said=st.lists(TAP, max_size=14), shuffled=st.randoms(use_true_random=False))
def test_it_is_what_a_plain_loop_says_in_any_order(
    said: list[tuple[int, ...]], shuffled: random.Random
) -> None:
    table = readings(*said)
    wanted = plainly(table)
    assert rides(table) == wanted
    mixed = list(table)
    shuffled.shuffle(mixed)
    assert rides(np.array(mixed, READING)) == wanted


def test_how_long_a_ride_may_last_is_that_of_its_boarding() -> None:
    """A ferry of an hour and a bus of four: what alights later is a ride by itself."""
    table = in_order(
        readings(
            (0, 1, IN, 5, 0), (2 * HOUR, 1, OUT, 5, 0), (0, 2, IN, 6, 0), (2 * HOUR, 2, OUT, 6, 0)
        )
    )  # fmt: skip
    longest = np.where(table["operator"] == 5, HOUR, LONGEST_S)
    found = pair(table, longest_ride_s=longest)
    assert found.ended.tolist() == [Ended.MISSING_LOCKED, BOARDING_MISSING, Ended.WHOLE]
