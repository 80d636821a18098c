"""A service's month as an agency sees it."""

import datetime as dt

from citycard.insight.figures import Answers
from tests.insight.months import figures, published


def test_uses_people_and_frequency():
    shown = figures()
    assert (shown.uses, shown.people, shown.per_person, shown.returning) == (300, 120, 2.5, 80)
    assert [(band.least_days, band.people) for band in shown.bands][:3] == [
        (1, 40),
        (2, 60),
        (4, 20),
    ]
    assert [(gap.least_days, gap.people) for gap in shown.intervals][:2] == [(1, 30), (2, 50)]
    assert not shown.hides_something


def test_the_tables_add_up_to_the_total():
    shown = figures()
    assert sum(place.uses for place in shown.places) == shown.uses
    assert sum(day.uses for day in shown.days) == shown.uses
    assert sum(band.people for band in shown.bands) == shown.people
    assert sum(gap.people for gap in shown.intervals) == shown.returning


def test_a_small_place_takes_its_next_smallest_sibling_with_it():
    people = {("sports", "north"): 70, ("sports", "south"): 50, ("sports", "east"): 9}
    shown = figures(people_by_place=people)
    assert {place.place: place.uses for place in shown.places} == {
        "north": 100,
        "south": None,
        "east": None,
    }


def test_hidden_places_stand_last_and_in_no_order_of_size():
    people = {("sports", "north"): 9, ("sports", "south"): 50, ("sports", "east"): 60}
    shown = figures(people_by_place=people)
    assert [place.place for place in shown.places] == ["east", "north", "south"]


def test_a_line_that_the_visits_alone_would_bound_is_one_with_the_line_above():
    # 120 people on 130 days of use: at most ten of them can have come on more than one
    assert figures(days_of_use={1: 110, 2: 10}).bands == ()
    assert [b.least_days for b in figures(days_of_use={1: 60, 2: 30, 8: 30}).bands] == [1, 2, 4, 8]


def test_a_hidden_line_hides_how_many_came_back():
    shown = figures(days_of_use={1: 4, 2: 102, 3: 14}, intervals={1: 116})
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
        others=[("ride", "metro", "north", 900, 90)],
    )
    assert (shown.uses, shown.people, shown.per_person, shown.new_people) == (None,) * 4
    assert (shown.places, shown.days, shown.bands) == ((), (), ())


def test_no_service_without_any_use_has_a_page():
    assert ("ride", "metro") not in published().pages


def test_a_few_refused_taps_are_hidden_and_none_looks_like_a_few():
    assert figures(refusals=4).refusals is None
    assert figures(refusals=0).refusals is None
    assert figures(refusals=40).refusals == 40


def test_first_time_users_stand_beside_those_known_before():
    assert figures().new_people == 120  # the first month of all
    later = figures(new_people=70, known_before={"swim": 200})
    assert (later.new_people, later.known_people) == (70, 50)


def test_few_known_people_hide_the_new_ones_and_few_new_ones_the_known():
    assert figures(new_people=115, known_before={"swim": 200}).new_people is None
    assert figures(new_people=5, known_before={"swim": 200}).known_people is None


def test_known_people_never_tell_of_a_month_that_is_hidden():
    """50 known people, of whom earlier pages show 44 as new: six would be of a hidden month."""
    assert figures(new_people=70, known_before={"swim": 44}).new_people is None


def test_satisfaction_is_the_mean_of_answers_that_are_all_shown():
    said = {4: (20, 20), 5: (30, 30)}
    shown = figures(answers=Answers(by_score=said, people=50))
    assert (shown.answered, shown.satisfaction) == (50, 4.6)


def test_a_mean_never_tells_of_the_few_who_were_unhappy():
    said = {1: (2, 2), 4: (20, 20), 5: (30, 30)}
    shown = figures(answers=Answers(by_score=said, people=52))
    assert [it.times for it in shown.scores] == [None, 0, 0, None, 30]
    assert (shown.answered, shown.satisfaction) == (52, None)
