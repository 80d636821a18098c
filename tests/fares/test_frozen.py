"""What rides cost once, they cost for good, by the table of that time."""

from pathlib import Path

import pytest

from tests.fares import freezing

KEPT = sorted(freezing.FOLDER.glob("*.json"))


@pytest.mark.parametrize("path", KEPT, ids=[path.stem for path in KEPT])
def test_a_frozen_ride_costs_what_it_cost(path: Path) -> None:
    kept = freezing.read(path)
    book = freezing.book_of(kept)
    assert freezing.outcome(book, kept["rides"]) == kept["cost"]


def test_there_is_a_corpus() -> None:
    assert len(KEPT) >= 3
    assert all(len(freezing.read(path)["rides"]) > 100 for path in KEPT)
