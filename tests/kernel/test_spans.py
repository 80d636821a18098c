"""Numbers are said by where their spans begin and end, whatever their order."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from citycard.kernel.spans import spans


@given(st.lists(st.integers(0, 60)))
def test_spans_hold_exactly_the_numbers_and_are_as_few_as_can_be(numbers: list[int]) -> None:
    found = spans(numbers)
    each = list(zip(found.firsts, found.lasts, strict=True))
    assert [n for first, last in each for n in range(first, last + 1)] == sorted(set(numbers))
    assert all(last + 1 < first for (_, last), (first, _) in itertools.pairwise(each))
