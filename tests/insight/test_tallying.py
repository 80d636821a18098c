"""People are counted from bits of days as one would count them by hand."""

import itertools
import statistics

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from citycard.insight.tallying import median_gaps, tally
from citycard.insight.visits import NEW, VISIT, from_week, of_week, put_in, together, visits_of

DAYS = st.sets(st.integers(1, 31), min_size=1)
VISITS = st.dictionaries(st.tuples(st.integers(0, 6), st.integers(1, 3)), DAYS, max_size=12)


def bits(days) -> int:
    return sum(1 << (day - 1) for day in days)


def visits(found):
    rows = [(who, place, bits(days)) for (who, place), days in sorted(found.items())]
    return np.array(rows, dtype=VISIT)


@given(st.lists(DAYS, min_size=1))
def test_the_median_gap_is_the_smaller_middle_one(many):
    def by_hand(days):
        order = sorted(days)
        gaps = [b - a for a, b in itertools.pairwise(order)]
        return statistics.median_low(gaps) if gaps else 0

    found = median_gaps(np.array([bits(days) for days in many], dtype=np.uint32))
    assert found.tolist() == [by_hand(days) for days in many]


@given(VISITS, VISITS)
def test_weeks_put_together_are_the_month(kept, added):
    both = together(visits(kept), visits(added))
    weeks = []
    for week in range(4):
        stored = put_in(of_week(visits(kept), week), of_week(visits(added), week))
        weeks.append(from_week(stored, week))
    assert together(*weeks).tolist() == both.tolist()


@given(VISITS, st.sets(st.integers(0, 6)))
def test_people_are_counted_once_wherever_they_came(found, new):
    came = visits(found)
    came["days"][np.isin(came["who"], list(new))] |= NEW
    agencies = {1: "north", 2: "north", 3: "south"}
    counted = tally(came, agencies)
    for agency in ("", "north", "south"):
        theirs = {
            who: {
                day
                for (each, place), days in found.items()
                if each == who and agency in ("", agencies[place])
                for day in days
            }
            for who in {each for each, place in found if agency in ("", agencies[place])}
        }
        assert counted["people", agency, 0] == len(theirs)
        assert counted["new", agency, 0] == len(theirs.keys() & new)
        for day in range(1, 32):
            assert counted["day_people", agency, day] == sum(day in it for it in theirs.values())
            assert counted["days", agency, day] == sum(len(it) == day for it in theirs.values())


def test_one_row_a_person_and_place():
    who, place = np.array([7, 7], dtype=np.uint64), np.array([1, 1], dtype=np.uint32)
    found = visits_of(who, place, np.array([1, 4], dtype=np.uint32))
    assert found.tolist() == [(7, 1, 5)]
