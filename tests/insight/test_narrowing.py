"""What a reader can work out: never less than the truth allows, never more than is there."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycard.insight.narrowing import Left, adds_up, at_most, left_over, narrower, spread, tightest
from citycard.insight.simplex import Contradiction

CELLS = range(3)
MOST = 6


@st.composite
def knots(draw):
    """Relations of three hidden cells that some values fulfil."""
    truth = [draw(st.integers(0, MOST)) for _ in CELLS]
    found = []
    for _ in range(draw(st.integers(1, 4))):
        factors = [draw(st.sampled_from((-1, 0, 1))) for _ in CELLS]
        terms = tuple((cell, factor) for cell, factor in zip(CELLS, factors, strict=True) if factor)
        if terms:
            value = sum(factor * truth[cell] for cell, factor in terms)
            equal = draw(st.booleans())
            found.append(Left(-value - (0 if equal else draw(st.integers(0, 3))), terms, equal))
    return truth, found


def fulfils(each, values):
    value = each.constant + sum(factor * values[cell] for cell, factor in each.terms)
    return value == 0 if each.equal else value <= 0


@settings(max_examples=60)
@given(knots())
def test_bounds_hold_for_every_assignment_and_are_no_wider_than_passing_on_finds(knot):
    truth, relations = knot
    possible = [
        values
        for values in itertools.product(range(3 * MOST), repeat=len(CELLS))
        if all(fulfils(each, values) for each in relations)
    ]
    quick = spread(relations, {})
    for cell, (low, high) in tightest(relations, {}).items():
        seen = {values[cell] for values in possible}
        assert low <= truth[cell]
        assert high is None or truth[cell] <= high
        assert low <= min(seen)
        assert high is None or max(seen) <= high
        assert quick[cell][0] <= low
        assert quick[cell][1] is None or (high is not None and high <= quick[cell][1])


@settings(max_examples=60)
@given(knots(), st.integers(1, 5))
def test_narrower_finds_a_cell_exactly_where_one_is(knot, than):
    _, relations = knot
    widths = [high - low for low, high in tightest(relations, {}).values() if high is not None]
    found = list(narrower(relations, {}, cells=set(CELLS), than=than))
    assert len(found) == sum(width < than for width in widths)


def test_a_sum_with_one_hidden_part_tells_it():
    shown = {"all": 20, "north": 13}
    left = left_over([adds_up("all", ["north", "south"])], shown)
    assert tightest(left, {"south": 1}) == {"south": (7, 7)}


def test_people_bound_uses_and_uses_people():
    left = left_over([at_most([("people", 1)], [("uses", 1)])], {"people": 12})
    assert tightest(left, {}) == {"uses": (12, None)}


def test_fractions_are_exact():
    left = [Left(-10, (("a", 3), ("b", 1)), True)]
    assert tightest(left, {})["a"] == (0, 3)


def test_tables_that_contradict_each_other_are_told():
    left = [
        Left(-5, (("a", 1),), True),
        Left(3, (("b", 1), ("a", -1)), True),
        Left(4, (("b", 1),), True),
    ]
    with pytest.raises(Contradiction):
        tightest(left, {})
