"""What a deciding changes: rows that stand on both sides are told apart from those that do not."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from citycard.fares.keeping_decisions import among
from citycard.fares.storing import alike, content_shape

FUNDS = 2
ROWS = st.lists(st.tuples(st.integers(-2, 2), st.integers(0, 2), st.integers(0, 1)), max_size=8)
PAIRS = st.lists(st.tuples(st.integers(-2, 2), st.integers(0, 2)), max_size=12)


def _table(rows: list[tuple[int, int, int]]) -> np.ndarray:
    found = np.zeros(len(rows), content_shape(FUNDS).plain)
    for n, (rider, metres, paid) in enumerate(rows):
        found[n]["rider"], found[n]["metres"] = rider, metres
        found[n]["subsidies"][1] = paid
    return found


@given(ROWS.filter(bool), ROWS.filter(bool))
def test_rows_are_the_same_by_all_of_their_values(
    some: list[tuple[int, int, int]], others: list[tuple[int, int, int]]
) -> None:
    found, kept = alike(_table(some), _table(others))
    assert found.tolist() == [row in others for row in some]
    assert kept.tolist() == [row in some for row in others]


@given(PAIRS, PAIRS)
def test_pairs_are_found_among_others(
    some: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    asked = sorted(set(some))
    ours, theirs = (np.array(rows, np.int64).reshape(-1, 2) for rows in (asked, others))
    found = among(ours[:, 0], ours[:, 1], theirs[:, 0], theirs[:, 1])
    assert found.tolist() == [pair in others for pair in asked]
