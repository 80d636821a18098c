"""A service's month as an agency sees it."""

import datetime as dt

from citycard.insight.figures import Counts, build_figures

MONTH = dt.date(2016, 3, 1)


def counts(**changes):
    """120 people, three places, two days, and nothing small."""
    usual = {
        "uses_by_place": {
            ("sports", "north"): 100,
            ("sports", "south"): 60,
            ("sports", "east"): 40,
        },
        "people_by_place": {
            ("sports", "north"): 70,
            ("sports", "south"): 50,
            ("sports", "east"): 20,
        },
        "uses_by_day": {dt.date(2016, 3, 1): 120, dt.date(2016, 3, 2): 80},
        "people_by_day": {dt.date(2016, 3, 1): 90, dt.date(2016, 3, 2): 60},
        "days_of_use": {1: 70, 2: 30, 5: 20},
        "refusals": 0,
    }
    return Counts(**{**usual, **changes})


def figures(**changes):
    return build_figures(service="swim", month=MONTH, counts=counts(**changes), least=10)


def test_uses_people_and_frequency():
    shown = figures()
    assert (shown.uses, shown.people, shown.per_person, shown.returning) == (200, 120, 1.67, 50)
    assert [band.people for band in shown.bands] == [70, 30, 20, 0]
    assert not shown.hides_something


def test_the_tables_add_up_to_the_total():
    shown = figures()
    assert sum(place.uses for place in shown.places) == shown.uses
    assert sum(day.uses for day in shown.days) == shown.uses
    assert sum(band.people for band in shown.bands) == shown.people


def test_a_small_place_takes_its_next_smallest_sibling_with_it():
    people = {("sports", "north"): 70, ("sports", "south"): 50, ("sports", "east"): 9}
    shown = figures(people_by_place=people)
    assert {place.place: place.uses for place in shown.places} == {
        "north": 100,
        "south": None,
        "east": None,
    }


def test_hidden_places_stand_last_and_in_no_order_of_size():
    people = {("sports", "north"): 9, ("sports", "south"): 50, ("sports", "east"): 20}
    shown = figures(people_by_place=people)
    assert [place.place for place in shown.places] == ["south", "east", "north"]


def test_a_hidden_band_hides_how_many_came_back():
    shown = figures(days_of_use={1: 4, 2: 60, 5: 56})
    assert shown.bands[0].people is None
    assert shown.returning is None
    assert shown.people == 120


def test_few_people_hide_everything():
    shown = figures(
        uses_by_place={("sports", "north"): 12},
        people_by_place={("sports", "north"): 3},
        uses_by_day={dt.date(2016, 3, 1): 12},
        people_by_day={dt.date(2016, 3, 1): 3},
        days_of_use={1: 3},
    )
    assert (shown.uses, shown.people, shown.per_person) == (None, None, None)
    assert all(place.uses is None for place in shown.places)
    assert all(day.uses is None for day in shown.days)


def test_no_use_at_all_is_zero():
    shown = figures(
        uses_by_place={}, people_by_place={}, uses_by_day={}, people_by_day={}, days_of_use={}
    )
    assert (shown.uses, shown.people, shown.per_person) == (0, 0, None)
    assert not shown.hides_something


def test_a_few_refused_taps_are_hidden_too():
    assert figures(refusals=4).refusals is None
    assert figures(refusals=40).refusals == 40
