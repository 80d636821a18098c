"""People are counted from bits of days as one would count them by hand."""

import itertools
import statistics
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from citycard.insight.tallying import median_gaps, tally
from citycard.insight.visits import NEW, Visits, from_weeks, of_week, put_in, records, together

DAYS = st.sets(st.integers(1, 31), min_size=1)
VISITS = st.dictionaries(st.tuples(st.integers(0, 6), st.integers(1, 3)), DAYS, max_size=12)


AGENCIES = {"north": [1, 2], "south": [3]}


def agency_of(place):
    return next(agency for agency, places in AGENCIES.items() if place in places)


def bits(days) -> int:
    return sum(1 << (day - 1) for day in days)


def visits(found):
    rows = [(who << 32 | place, bits(days)) for (who, place), days in sorted(found.items())]
    at, days = zip(*rows, strict=True) if rows else ((), ())
    return Visits(np.array(at, dtype=np.uint64), np.array(days, dtype=np.uint32))


def listed(found):
    return list(zip(found.at.tolist(), found.days.tolist(), strict=True))


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
    both = together([visits(kept), visits(added)])
    weeks = {
        week: put_in(of_week(visits(kept), week), of_week(visits(added), week)) for week in range(4)
    }
    assert listed(from_weeks(weeks)) == listed(both)


@given(VISITS, st.sets(st.integers(0, 6)))
def test_people_are_counted_once_wherever_they_came(found, new):
    came = visits(found)
    came.days[np.isin(came.who, list(new))] |= NEW
    counted = tally(came, AGENCIES)
    for agency in ("", "north", "south"):
        theirs = {
            who: {
                day
                for (each, place), days in found.items()
                if each == who and agency in ("", agency_of(place))
                for day in days
            }
            for who in {each for each, place in found if agency in ("", agency_of(place))}
        }
        assert counted["people", agency, 0] == len(theirs)
        assert counted["new", agency, 0] == len(theirs.keys() & new)
        for day in range(1, 32):
            assert counted["day_people", agency, day] == sum(day in it for it in theirs.values())
            assert counted["days", agency, day] == sum(len(it) == day for it in theirs.values())


@given(VISITS, VISITS)
def test_a_change_counts_what_is_after_less_what_was_before(kept, added):
    now = together([visits(kept), visits(added)])
    before = np.array(
        [bits(kept.get((who, place), ())) for who, place in zip(now.who, now.place, strict=True)],
        dtype=np.uint32,
    )
    change = tally(now, AGENCIES)
    change.subtract(tally(visits(kept), AGENCIES))
    assert tally(now, AGENCIES, before) == Counter({key: n for key, n in change.items() if n})


def test_one_number_a_person_and_place():
    at = records(np.array([7, 7], dtype=np.uint32), np.array([1, 1], dtype=np.uint32))
    found = together([Visits(at, np.array([1, 4], dtype=np.uint32))])
    assert listed(found) == [(7 << 32 | 1, 5)]
