"""A table means the same however its keys are ordered, and never two things at once."""

from typing import Any

import numpy as np
import pytest

from citycard.fares.values import NONE, Ride
from citycard.rules.api import BadRule
from tests.fares.tables import NAME, START, day, priced, read, table

TODAY = day("2026-03-02")
ALL = [{"from": START, "all": True}]
SENIOR = {"modes": ["bus"], "who": ["senior"], "category": "bus", "rows": ALL}


def turned(value: Any) -> Any:
    """Return a table with the keys of its mappings the other way round."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(each) for each in value] if isinstance(value, list) else value


def test_the_order_of_keys_says_nothing() -> None:
    """A pack's hash leaves it out, so a decision that is worked out again may not depend on it."""
    fares = table(
        concessions={
            "half": {"who": ["senior"], "percent": 50, "of": "fare", "rounding": "up"},
            "off": {"who": ["student", "senior"], "fund": "welfare", "off_ntd": 3},
        },
        points={"rules": {"bus": SENIOR, "other": SENIOR | {"modes": ["other"]}}},
    )
    one, other = read(fares), read(turned(fares))
    assert (one.funds, one.marks, one.lines, one.reasons) == (
        other.funds,
        other.marks,
        other.lines,
        other.reasons,
    )
    rides = [
        Ride(person=i, day=TODAY, line=line, told_ntd=31, marks=marks, points_open=5)
        for i, (line, marks) in enumerate((a, b) for a in range(3) for b in range(4))
    ]
    a, b = priced(one, *rides), priced(other, *rides)
    assert all(np.array_equal(getattr(a, name), getattr(b, name)) for name in vars(a))


def classes(**groups: dict[str, Any]) -> dict[str, Any]:
    about = {"name": NAME, "mode": "bus", "tariff": "bus", "operators": ["bus"]}
    return table(classes={code: about | each for code, each in groups.items()})


def test_a_route_belongs_to_the_class_of_its_number_or_to_the_one_without() -> None:
    book = read(classes(city={"numbers": [1, 999]}, far={"numbers": [1000, 9999]}, other={}))
    said = {
        route: book.line(operator="bus", route=route) for route in ("1", "206延", "1000", "綠1", "")
    }
    groups = {route: book.lines[line].group for route, line in said.items()}
    assert groups == {"1": "city", "206延": "city", "1000": "far", "綠1": "other", "": "other"}
    assert book.line(operator="metro") == NONE


@pytest.mark.parametrize(
    ("fares", "told"),
    [
        (classes(one={}, two={}), "could be of the class “one”"),
        (classes(one={"numbers": [1, 300]}, two={"numbers": [300, 999]}), "could be of the class"),
        (
            table(
                routes={code: {"route": "5", "class": "bus", "source": "x"} for code in ("a", "b")}
            ),
            "already",
        ),
        (
            table(points={"rules": {"a": SENIOR, "b": SENIOR | {"who": ["student", "senior"]}}}),
            "comes first",
        ),
        (table(points={"rules": {"a": SENIOR}, "order": ["c"]}), "there is no rule"),
    ],
)
def test_what_could_be_two_things_is_refused(fares: dict[str, Any], told: str) -> None:
    with pytest.raises(BadRule, match=told):
        read(fares)


def test_the_first_rule_of_the_order_counts() -> None:
    cap = SENIOR | {"rows": [{"from": START, "cap": 4}]}
    for order, points in ((["all", "cap"], 15), (["cap", "all"], 4)):
        book = read(table(points={"rules": {"all": SENIOR, "cap": cap}, "order": order}))
        ride = Ride(
            day=TODAY, line=book.line(operator="bus"), marks=book.bits("senior"), points_open=99
        )
        assert priced(book, ride).points[0] == points
