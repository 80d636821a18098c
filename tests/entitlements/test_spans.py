"""Days, exactly: the algebra of spans, and rules walked over a life."""

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycard.entitlements.deciding import (
    Rewrite,
    Stretch,
    in_force,
    join,
    meet,
    next_look,
    rewrite,
    spans_of,
    without,
)
from citycard.kernel.periods import DateSpan

D = dt.date
EPOCH = D(2026, 1, 1)


def day(number: int) -> dt.date:
    return EPOCH + dt.timedelta(days=number)


def span(start: int, end: int | None) -> DateSpan:
    return DateSpan(day(start), None if end is None else day(end))


numbers = st.integers(0, 30)
spans = st.tuples(numbers, st.one_of(st.none(), numbers)).map(
    lambda pair: span(pair[0], None if pair[1] is None else max(pair))
)
span_lists = st.lists(spans, max_size=5)


def days_of(some: list[DateSpan] | tuple[DateSpan, ...]) -> set[int]:
    return {number for number in range(60) if any(day(number) in each for each in some)}


@given(span_lists)
def test_joined_spans_cover_the_same_days_and_never_touch(some: list[DateSpan]) -> None:
    joined = join(some)
    assert days_of(joined) == days_of(some)
    for one, following in itertools.pairwise(joined):
        assert one.end is not None
        assert following.start is not None
        assert one.end < following.start


@given(span_lists, span_lists)
def test_meet_is_and_without_is_and_not(ours: list[DateSpan], theirs: list[DateSpan]) -> None:
    assert days_of(meet(join(ours), join(theirs))) == days_of(ours) & days_of(theirs)
    assert days_of(without(join(ours), join(theirs))) == days_of(ours) - days_of(theirs)


@given(span_lists, span_lists, numbers)
def test_a_rewrite_keeps_the_past_and_makes_the_future_as_wanted(
    stored: list[DateSpan], wanted: list[DateSpan], on: int
) -> None:
    held = list(enumerate(join(stored)))
    future = join(
        [
            DateSpan(max(each.start or EPOCH, day(on)), each.end)
            for each in wanted
            if each.end is None or each.end > day(on)
        ]
    )
    reaching = [(row, each) for row, each in held if each.end is None or each.end > day(on)]
    result = rewrite(reaching, future, day(on))
    after = [each for _, each in held]
    if result is not None:
        after = [each for row, each in held if row not in result.closed] + list(result.added)
    past = {number for number in days_of(join(stored)) if number < on}
    assert days_of(after) == past | days_of(future)


def test_nothing_is_written_when_nothing_differs() -> None:
    assert rewrite([(7, span(0, None))], (span(10, None),), day(10)) is None
    assert rewrite([(7, span(0, None))], (span(10, 20),), day(10)) == Rewrite((7,), (span(0, 20),))
    assert rewrite([], (), day(10)) is None


def test_the_next_look_is_the_eve_of_a_beginning_and_the_day_of_an_end() -> None:
    assert next_look([span(5, 9)], day(0)) == day(4)
    assert next_look([span(5, 9)], day(4)) == day(9)
    assert next_look([span(5, None)], day(4)) is None


def test_a_right_counts_from_its_eve() -> None:
    assert in_force((span(5, 9),), day(3)) is None
    assert in_force((span(5, 9),), day(4)) == span(5, 9)
    assert in_force((span(5, 9),), day(9)) is None


class Every:
    """A rule that says yes on the days of a table."""

    code, follows = "every", None

    def __init__(self, yes: set[int]) -> None:
        self.yes = yes

    def may_hold(self, facts: object) -> bool:
        return True

    def test(self, on: dt.date) -> object:
        return lambda facts: (on - EPOCH).days in self.yes and facts["here"]

    def next_change(self, facts: object, on: dt.date) -> dt.date | None:
        return on + dt.timedelta(days=1) if (on - EPOCH).days < 45 else None


@given(st.sets(st.integers(0, 40)), numbers, numbers)
def test_walking_finds_exactly_the_days_on_which_the_rule_holds(
    yes: set[int], on: int, cut: int
) -> None:
    first, second = sorted((on, on + cut))
    stretches = [
        Stretch(day(first), day(second), {"here": True}),
        Stretch(day(second), None, {"here": False}),
    ]
    found = spans_of(Every(yes), stretches, day(on))
    assert days_of(found) == {number for number in yes if first <= number < second}


def test_a_rule_that_never_settles_is_our_mistake() -> None:
    class Restless(Every):
        def next_change(self, facts: object, on: dt.date) -> dt.date | None:
            return on + dt.timedelta(days=1)

    with pytest.raises(AssertionError, match="never settles"):
        spans_of(Restless(set()), [Stretch(day(0), None, {"here": True})], day(0))
