"""Random cities are hidden, published and attacked with everything that is published."""

import dataclasses
import datetime as dt
import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citycard.insight import publishing
from citycard.insight.attacking import attack, bounds
from citycard.insight.covering import Covered
from citycard.insight.publishing import publish
from tests.insight.cities import counted, taps
from tests.insight.months import published

LEAST = 10


def months_of(seed, months):
    """Every month of a random city as it is published, as the reading face does it."""
    before, found = Counter(), []
    for counts in counted(taps(random.Random(seed), months=months)):
        counts = dataclasses.replace(counts, known_before=dict(before))
        found.append(publish(counts, least=LEAST))
        most = Counter()
        for (service, _), page in found[-1].pages.items():
            most[service] = max(most[service], page.new_people or 0)
        before += most
    return found


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**9))
def test_no_hidden_cell_of_a_month_can_be_bounded_narrowly(seed):
    assert attack(months_of(seed, 1), least=LEAST) == []


@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**9))
def test_nor_with_the_tables_of_all_months_together(seed):
    assert attack(months_of(seed, 3), least=LEAST) == []


@pytest.mark.slow
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**9), st.integers(1, 2))
def test_nor_in_many_more_cities(seed, months):
    assert attack(months_of(seed, months), least=LEAST) == []


def test_the_truth_lies_within_what_the_attack_says():
    for seed in range(10):
        [counts] = counted(taps(random.Random(seed)))
        found = bounds([publish(counts, least=LEAST)])
        for account, about in counts.accounts.items():
            cell = ("page", "uses", counts.month.isoformat(), *account)
            if cell in found:
                low, high = found[cell]
                uses = sum(about.uses_by_place.values())
                assert low <= uses
                assert high is None or uses <= high


FEW_AT_ONE_PLACE = {
    "people_by_place": {("sports", "north"): 70, ("sports", "south"): 50, ("sports", "east"): 9}
}


def only_small_ones(figures, *, least):
    """Hide what is small and nothing with it: the mistake that the attack is there to find."""
    hidden = {group for group, people in figures.people.items() if 0 < people < least}
    return Covered(hidden=frozenset(hidden), withheld=frozenset())


def test_hiding_small_cells_alone_is_found_out(monkeypatch):
    monkeypatch.setattr(publishing, "cover", only_small_ones)
    found = attack([published(**FEW_AT_ONE_PLACE)], least=LEAST)
    [uses] = [it for it in found if it.cell[:2] == ("place", "uses")]
    assert (uses.least, uses.most) == (140, 140)


def test_two_hidden_cells_with_too_little_between_them_are_found_out(monkeypatch):
    """Eleven uses at two places: each is between 1 and 10."""
    few = {
        "uses_by_place": {("sports", "a"): 5, ("sports", "b"): 6, ("sports", "c"): 289},
        "people_by_place": {("sports", "a"): 5, ("sports", "b"): 6, ("sports", "c"): 120},
    }
    assert attack([published(**few)], least=LEAST) == []
    monkeypatch.setattr(publishing, "cover", only_small_ones)
    assert any(it.cell[-1] == "a" for it in attack([published(**few)], least=LEAST))


def test_a_page_that_shows_what_the_tree_hides_is_found_out():
    """The tree hides a place's uses; a page that shows them gives its hidden neighbour away."""
    month = published(**FEW_AT_ONE_PLACE)
    page = month.pages["swim", "sports"]
    places = tuple(
        dataclasses.replace(place, uses=60) if place.place == "south" else place
        for place in page.places
    )
    leaky = dataclasses.replace(
        month, pages={("swim", "sports"): dataclasses.replace(page, places=places)}
    )
    assert any(it.cell[-1] == "east" for it in attack([leaky], least=LEAST))


def test_known_people_of_a_later_month_that_tell_of_an_earlier_one_are_found_out():
    """January had 30 new people; if March knows 145, at least 115 of February's 120 were new."""
    january = published(
        uses_by_place={("sports", "north"): 60},
        people_by_place={("sports", "north"): 30},
        uses_by_day={dt.date(2016, 3, day): 30 for day in (1, 2)},
        people_by_day={dt.date(2016, 3, day): 25 for day in (1, 2)},
        days_of_use={1: 10, 2: 20},
        new_people=30,
        intervals={1: 20},
    )
    february = published(new_people=115, known_before={"swim": 30})
    march = published(
        known_before={"swim": 30},
        people_by_place={("sports", "north"): 70, ("sports", "south"): 50, ("sports", "east"): 40},
        people_by_day={dt.date(2016, 3, day): 48 for day in range(1, 6)},
        days_of_use={1: 60, 2: 90},
        new_people=5,
        intervals={1: 90},
    )
    months = [
        dataclasses.replace(it, month=dt.date(2016, n, 1))
        for n, it in enumerate((january, february, march), start=1)
    ]
    assert attack(months, least=LEAST) == []
    page = march.pages["swim", "sports"]
    told = dataclasses.replace(page, new_people=5, known_people=145)
    months[2] = dataclasses.replace(months[2], pages={("swim", "sports"): told})
    [new] = [it for it in attack(months, least=LEAST) if it.cell[0] == "new"]
    assert (new.cell[1], new.least, new.most) == ("2016-02-01", 115, 120)
