"""Shelves are cut finer as people come, and keep all of them."""

import datetime as dt

import numpy as np
import pytest

from citycard.infra.database import rows
from citycard.insight.shelves import FULL, visits_of_month
from citycard.insight.visits import who_of

MARCH = dt.date(2031, 3, 1)

pytestmark = pytest.mark.usefixtures("city")


def numbers(seed, size):
    return np.sort(np.random.default_rng(seed).integers(0, 2**64, size, dtype=np.uint64))


def cut():
    return rows(
        "SELECT week, bits, bucket, length(visits) / 8 AS numbers FROM insight_visits"
        " WHERE service = 'shelf-test' ORDER BY week, bucket"
    )


def test_rows_are_cut_finer_as_people_come_and_all_stay():
    shelf = visits_of_month("shelf-test", MARCH)
    kept, bits = np.empty(0, dtype=np.uint64), []
    for n in range(12):
        more = numbers(n, 700)
        kept = np.sort(np.concatenate([kept, more]))
        shelf = shelf.write(1, kept, who_of(more))
        assert shelf == visits_of_month("shelf-test", MARCH)
        assert shelf.read()[1].tolist() == kept.tolist()
        bits.append(shelf.bits)
        found = cut()
        assert {row.bits for row in found} == {shelf.bits}
        assert sum(row.numbers for row in found) <= FULL * len(found)
    assert bits == sorted(bits)
    assert bits[0] < bits[-1]


def test_another_week_shares_the_cut_and_people_are_found_in_both():
    shelf = visits_of_month("shelf-test", MARCH).write(
        0, numbers(1, 3_000), who_of(numbers(1, 3_000))
    )
    few = numbers(1, 3_000)[::700]
    shelf = shelf.write(3, few, who_of(few))
    found = shelf.read(who_of(few))
    assert found[3].tolist() == few.tolist()
    assert set(few.tolist()) <= set(found[0].tolist())
    assert len(found[0]) < 3_000


def test_a_shelf_without_anybody_has_no_rows():
    shelf = visits_of_month("shelf-test", MARCH).write(0, numbers(2, 50), who_of(numbers(2, 50)))
    shelf.replace({0: np.empty(0, dtype=np.uint64)})
    assert cut() == []
    assert visits_of_month("shelf-test", MARCH).read() == {}
