"""A total with its parts on a page of its own: nobody bounds what is hidden, by any sum."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycard.insight.parting import Line, parted

LEAST = 10


def lines(**people):
    return {name: Line(people=n) for name, n in people.items()}


@pytest.mark.parametrize(
    ("whole", "parts", "apart", "shown", "withheld"),
    [
        (60, {"a": 40, "b": 20}, True, {"a", "b"}, False),
        # with only b hidden, it would be the rest
        (44, {"a": 40, "b": 4}, True, set(), True),
        (74, {"a": 40, "b": 30, "c": 4}, True, {"a"}, False),
        # ten people in all: each part would lie between 1 and 10
        (10, {"a": 9, "b": 1}, False, set(), True),
        (10, {"a": 9, "b": 1}, True, set(), True),
        # the rest of two is too few to be told from each other
        (34, {"a": 20, "b": 9, "c": 5}, True, {"a"}, False),
        (31, {"a": 20, "b": 9, "c": 2}, True, set(), True),
        (20, {"a": 20, "b": 0}, True, {"a", "b"}, False),
    ],
)
def test_what_goes_with_a_few(whole, parts, apart, shown, withheld):
    found = parted(whole=Line(people=whole), parts=lines(**parts), least=LEAST, apart=apart)
    assert found.whole
    assert (found.parts, found.withheld) == (shown, withheld)


def test_points_that_add_up_tell_as_much_as_people():
    def line(people, points):
        return Line(people=people, amounts={"points": points})

    parts = {"a": line(80, 7200), "b": line(30, 3000), "c": line(3, 150)}
    found = parted(whole=line(90, 10_350), parts=parts, least=LEAST)
    assert found.parts == {"a"}
    parts = {"a": line(80, 7200), "b": line(30, 3000), "c": line(30, 150)}
    found = parted(whole=line(90, 10_350), parts=parts, least=LEAST)
    assert found.parts == {"a", "b", "c"}


def test_a_line_around_the_total_does_not_bound_it():
    few = Line(people=4)
    assert not parted(whole=few, parts={}, within=Line(people=10), least=LEAST).within
    assert parted(whole=few, parts={}, within=Line(people=40), least=LEAST).within
    for within in (10, 40):
        assert not parted(whole=few, parts={}, within=Line(people=within), least=LEAST).whole


@given(st.lists(st.integers(0, 30), min_size=1, max_size=6))
def test_somebody_who_subtracts_stays_ten_apart(counts):
    parts = lines(**{f"p{n}": count for n, count in enumerate(counts)})
    found = parted(whole=Line(people=sum(counts)), parts=parts, least=LEAST, apart=True)
    assert not any(0 < parts[name].people < LEAST for name in found.parts)
    if not found.whole or found.withheld or found.parts == parts.keys():
        return
    hidden = parts.keys() - found.parts
    rest = sum(counts) - sum(parts[name].people for name in found.parts)
    # each hidden part is 1 or more, so that it is at most the rest without one for each other
    assert rest - len(hidden) >= LEAST
