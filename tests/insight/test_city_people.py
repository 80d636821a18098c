"""People of several services are counted together, in closed months, and hidden like all others."""

import datetime as dt

import pytest

from citycard.infra.database import execute
from citycard.insight import api as insight
from citycard.insight.city_people import city_people
from tests.insight.seen import at, store, tap
from tests.insight.test_following_taps import alone, catch_up, clean

__all__ = ["alone", "clean"]
MARCH, APRIL = dt.date(2016, 3, 1), dt.date(2016, 4, 1)
LATER = dt.datetime(2016, 5, 2, 4, tzinfo=dt.UTC)

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture(autouse=True)
def uncounted(clean):
    execute("DELETE FROM insight_city_people")


def came():
    store(
        *(tap(member, at(1)) for member in range(40)),
        *(tap(m, at(2), service="library-loan", place="library-main") for m in range(20, 60)),
    )
    catch_up()


def people_of(code, month=MARCH):
    found = {node.code: node for node in insight.city_tree(month=month).walk()}
    return found[code].people


def test_who_used_two_services_is_one_person():
    came()
    assert people_of("all") is None
    assert insight.count_city_people(now=LATER) == [MARCH]
    assert people_of("all") == 60
    assert people_of("all/leisure") == 40
    assert insight.count_city_people(now=LATER) == []
    sheet = insight.tree_sheet(
        top=insight.city_tree(month=MARCH), least=10, name_of=lambda kind, code: code
    )
    assert sheet.rows[0][-1] == 60
    assert insight.attack_published().narrow == ()


def test_a_late_tap_takes_the_number_away_until_it_is_counted_again():
    came()
    insight.count_city_people(now=LATER)
    store(tap(70, at(3)))
    catch_up()
    assert city_people(month=MARCH) == {}
    assert people_of("all") is None
    assert insight.count_city_people(now=LATER) == [MARCH]
    assert city_people(month=MARCH)["all"] == 61


def test_a_running_month_and_taps_that_wait_are_left_alone():
    came()
    assert insight.count_city_people(now=dt.datetime(2016, 3, 31, 4, tzinfo=dt.UTC)) == []
    store(tap(70, at(3)))
    assert insight.count_city_people(now=LATER) == []
    catch_up()
    assert insight.count_city_people(now=LATER) == [MARCH]
