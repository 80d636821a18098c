"""People of several services together are counted once, and only counted."""

import datetime as dt

import pytest

from citycard.taps.codes import Code
from citycard.taps.counting_people import count_people
from tests.insight.seen import at, store, tap

MARCH = dt.date(2016, 3, 1)

pytestmark = pytest.mark.usefixtures("city")


def test_who_used_two_services_is_one_person(city):
    city.database.owner_sql("TRUNCATE taps_tap")
    store(
        *(tap(member, at(1), service="bus") for member in (1, 2, 3)),
        *(tap(member, at(2), service="loan") for member in (3, 4)),
        tap(5, at(3), service="bus", code=Code.NOT_ENTITLED),
        tap(None, at(3), service="bus"),
        tap(6, at(3, month=4), service="bus"),
    )
    groups = {"all": ["bus", "loan"], "transit": ["bus"], "library": ["loan"], "none": ["swim"]}
    assert count_people(month=MARCH, groups=groups) == {
        "all": 4, "transit": 3, "library": 2, "none": 0,
    }  # fmt: skip
