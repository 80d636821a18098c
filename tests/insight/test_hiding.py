"""Small cells stay hidden, and stay hidden from somebody who subtracts."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from citycard.insight.hiding import Sum, hidden_cells


def solvable(sums, hidden, cells):
    """Cells that linear algebra works out from everything shown: the attacker with a pencil."""
    order = sorted(hidden)
    rows = []
    for addition in sums:
        row = [Fraction(0)] * len(order)
        for cell, sign in [(addition.total, -1), *((part, 1) for part in addition.parts)]:
            if cell in hidden:
                row[order.index(cell)] += sign
        rows.append(row)
    pivots = []
    for column in range(len(order)):
        pivot = next((r for r in range(len(pivots), len(rows)) if rows[r][column]), None)
        if pivot is None:
            continue
        at = len(pivots)
        rows[at], rows[pivot] = rows[pivot], rows[at]
        lead = rows[at][column]
        rows[at] = [value / lead for value in rows[at]]
        for other in range(len(rows)):
            if other != at and rows[other][column]:
                factor = rows[other][column]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[at], strict=True)]
        pivots.append(column)
    return {
        order[column]
        for at, column in enumerate(pivots)
        if all(not value for i, value in enumerate(rows[at]) if i != column)
    }


@st.composite
def trees(draw):
    """A tree three levels deep whose people are spread over leaves."""
    people, sums = {}, []

    def grow(name, depth):
        if depth == 2 or (depth and draw(st.booleans())):
            people[name] = draw(st.integers(0, 30))
            return people[name]
        parts = tuple(f"{name}.{i}" for i in range(draw(st.integers(1, 4))))
        counts = [grow(part, depth + 1) for part in parts]
        sums.append(Sum(total=name, parts=parts))
        # people overlap between parts: anything from the largest part to the sum of all
        people[name] = draw(st.integers(max(counts), sum(counts)))
        return people[name]

    grow("city", 0)
    return people, sums


@given(trees())
def test_nothing_hidden_can_be_computed_from_what_is_shown(tree):
    people, sums = tree
    hidden = hidden_cells(people=people, sums=sums, least=10)
    # empty cells are shown; they drop out of the additions
    assert not solvable(sums, hidden, people)


@given(trees())
def test_every_small_cell_is_hidden_and_no_empty_one(tree):
    people, sums = tree
    hidden = hidden_cells(people=people, sums=sums, least=10)
    assert {cell for cell, count in people.items() if 0 < count < 10} <= hidden
    assert not {cell for cell in hidden if people[cell] == 0}


def table(**parts):
    return {"all": sum(parts.values()), **parts}, [Sum(total="all", parts=tuple(parts))]


def test_the_next_smallest_sibling_goes_with_the_small_cell():
    people, sums = table(north=4, south=25, east=14, west=90)
    assert hidden_cells(people=people, sums=sums, least=10) == {"north", "east"}


def test_two_small_cells_still_need_a_third_that_is_large_enough():
    people, sums = table(north=4, south=3, east=14, west=90)
    assert hidden_cells(people=people, sums=sums, least=10) == {"north", "south", "east"}


def test_an_empty_sibling_protects_nobody():
    people, sums = table(north=4, south=0, east=14)
    assert hidden_cells(people=people, sums=sums, least=10) == {"north", "east"}


def test_when_all_parts_are_small_the_total_alone_may_be_known():
    people, sums = table(north=4, south=5, east=6)
    assert hidden_cells(people=people, sums=sums, least=10) == {"north", "south", "east"}


def test_a_total_of_few_people_is_hidden_too():
    people, sums = table(north=4)
    assert hidden_cells(people=people, sums=sums, least=10) == {"all", "north"}


def test_nothing_is_hidden_where_nothing_is_small():
    people, sums = table(north=40, south=10)
    assert hidden_cells(people=people, sums=sums, least=10) == frozenset()
