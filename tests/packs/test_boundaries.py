"""Every number and every date of a rule matters to a scenario; every condition is met, missed and
left open."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from citycard.infra.packs import find_pack, pack_codes
from citycard.kernel.periods import DateSpan, next_month
from citycard.rules import api as rules
from citycard.rules import words_age, words_place, words_school, words_standing, words_workday
from citycard.rules.condition import Anyone, Condition, _Joined

from .test_mutants import mutated, values, with_source

CITIES = pack_codes()
DAY = dt.timedelta(days=1)

# Mutants that no scenario can tell apart, and why.
EQUIVALENT: dict[tuple[str, str], str] = {
    ("taoyuan", "general.who.any.0.all.0.during.until"): (
        "whoever could have a card by the rules of 2015 may have one by those of 2016, too"
    ),
}


def numbers_and_dates(city: str) -> Iterator[tuple[tuple[Any, ...], Any]]:
    (source,) = find_pack(city).sources["entitlements"]
    for path, value in values(source.value):
        if len(path) < 2 or path[1] not in ("who", "gives", "spends_on"):
            continue
        if isinstance(value, int | dt.date):
            yield path, value


def neighbours(value: Any) -> tuple[Any, ...]:
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, dt.date):
        return (value - DAY, value + DAY)
    return (value - 1, value + 1)


@pytest.mark.parametrize("city", CITIES)
def test_a_number_or_a_date_that_is_off_by_one_is_noticed(city: str) -> None:
    pack = find_pack(city)
    (source,) = pack.sources["entitlements"]
    survived = []
    for path, value in numbers_and_dates(city):
        for other in neighbours(value):
            changed = with_source(pack, "entitlements", source, mutated(source, path, other))
            noticed = [*rules.check_rules(changed)] or [*rules.check_scenarios(changed)]
            name = ".".join(map(str, path))
            if not noticed and (city, name) not in EQUIVALENT:
                survived.append(f"{name}: {value} → {other}")
    assert not survived, "\n".join(survived)


def leaves(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, _Joined):
        for part in condition.parts:
            yield from leaves(part)
    else:
        yield condition


def conditions_of(city: str) -> Iterator[Condition]:
    pack = find_pack(city)
    table = rules.read_rules(pack.table("entitlements"), names=rules.vocabulary_of(pack))
    for rule in table:
        yield from leaves(rule.holds)
        for dated in (*rule.gives.values(), *rule.spends_on.values()):
            for row in dated.rows:
                if row.when is not None:
                    yield from leaves(row.when)


ON = dt.date(2017, 3, 1)
Cases = list[tuple[dict[str, Any], str]]


def _age(condition: Any) -> Cases:
    """The day before the birthday, the birthday, the day after; the same for a leap-day child."""
    reached, young = ("yes", "no") if condition.word == "age_at_least" else ("no", "yes")
    born = words_age.latest_birth(ON, condition.years)
    return [
        ({"birth_on": born}, reached),
        ({"birth_on": born - DAY}, reached),
        ({"birth_on": born + DAY}, young),
        ({}, "unknown"),
    ]


def _from_first_workday(condition: Any) -> Cases:
    """Born on the last day that makes it true, and the day after; the month's work has begun."""
    on = condition.calendar.first_working_day(ON)
    assert on <= ON
    last = words_age.latest_birth(next_month(ON) - DAY, condition.years)
    return [
        ({"birth_on": last}, "yes"),
        ({"birth_on": last - DAY}, "yes"),
        ({"birth_on": last + DAY}, "no"),
        ({}, "unknown"),
    ]


def _held(condition: Any) -> Cases:
    def facts(held: Any) -> dict[str, Any]:
        return {condition.key: {condition.code: held}}

    return [
        (facts(True), "yes"),
        (facts(False), "no"),
        (facts(DateSpan(ON, None)), "yes"),
        (facts(DateSpan(ON + DAY, None)), "no"),
        (facts(DateSpan(None, ON)), "no"),
        (facts(DateSpan(None, ON + DAY)), "yes"),
        ({}, "no" if condition.word == "approved" else "unknown"),
    ]


def _school(condition: Any) -> Cases:
    level = condition.levels[0]
    return [
        ({"school": {"level": level, "in_city": True, "graduates_on": ON + DAY}}, "yes"),
        ({"school": {"level": level, "in_city": True, "graduates_on": ON}}, "no"),
        ({"school": {"level": level, "in_city": False}}, "no"),
        ({"school": {}}, "no"),
        ({}, "unknown"),
    ]


def _graduate(condition: Any) -> Cases:
    """Through the last day of the graduation year, and not one day more."""
    last = dt.date(ON.year - 1, condition.month, condition.day)
    level = condition.levels[0]
    return [
        ({"school": {"level": level, "in_city": True}}, "yes"),
        ({"school": {"level": level, "in_city": True, "graduates_on": last}}, "no"),
        ({"school": {"level": level, "in_city": True, "graduates_on": ON + DAY}}, "yes"),
        ({"school": {"level": level, "in_city": False}}, "no"),
        ({"school": {}}, "no"),
        ({}, "unknown"),
    ]


MAKERS: dict[type[Condition], Callable[[Any], Cases]] = {
    words_age.AgeAtLeast: _age,
    words_age.AgeBelow: _age,
    words_workday.AgeFromFirstWorkday: _from_first_workday,
    words_age.Alive: lambda c: [
        ({}, "yes"),
        ({"died_on": ON}, "yes"),
        ({"died_on": ON - DAY}, "no"),
    ],
    words_place.RegisteredIn: lambda c: [
        ({"registered_city": c.city}, "yes"),
        ({"registered_city": "elsewhere"}, "no"),
        ({}, "unknown"),
    ],
    words_place.LivesIn: lambda c: [
        *(({"registered_district": name}, "yes") for name in sorted(c.districts[0].spellings)),
        ({"registered_district": "elsewhere"}, "no"),
        ({}, "unknown"),
    ],
    words_place.ResidesIn: lambda c: [
        ({"resides_in_city": True}, "yes"),
        ({"resides_in_city": False}, "no"),
        ({}, "unknown"),
    ],
    words_place.EnrolledAt: _school,
    words_place.IdKind: lambda c: [
        ({"id_kind": c.kinds[0]}, "yes"),
        ({"id_kind": "nothing"}, "no"),
        ({}, "unknown"),
    ],
    words_school.StudentThrough: _graduate,
    words_school.Attends: lambda c: [
        ({"school": {"level": "any", "code": c.schools[0]}}, "yes"),
        ({"school": {"level": "any", "code": c.schools[0], "graduates_on": ON}}, "no"),
        ({"school": {"level": "any", "code": "elsewhere"}}, "no"),
        ({"school": {}}, "no"),
        ({}, "unknown"),
    ],
    words_standing.StatusGrade: lambda c: [
        ({"statuses": {c.code: {"held": True, "grade": c.grades[0]}}}, "yes"),
        ({"statuses": {c.code: {"held": True, "grade": "another"}}}, "no"),
        ({"statuses": {c.code: {"held": DateSpan(None, ON), "grade": c.grades[0]}}}, "no"),
        ({"statuses": {c.code: True}}, "unknown"),
        ({}, "unknown"),
    ],
    words_standing.During: lambda c: [({}, "yes" if ON in c.span else "no")],
    words_place.EmployedBy: lambda c: [
        ({"employer_agency": "health"}, "yes"),
        ({"employer_agency": ""}, "no"),
        ({}, "unknown"),
    ],
    words_standing.HasStatus: _held,
    words_standing.HasRelation: _held,
    words_standing.SpouseOfResident: _held,
    words_standing.Approved: _held,
    Anyone: lambda c: [({}, "yes")],
}


@pytest.mark.parametrize("city", CITIES)
def test_every_condition_of_a_pack_is_met_missed_and_left_open(city: str) -> None:
    met = 0
    for condition in conditions_of(city):
        for facts, verdict in MAKERS[type(condition)](condition):
            assert condition.holds(facts, ON).value == verdict, (condition, facts)
            met += 1
    assert met > 30
