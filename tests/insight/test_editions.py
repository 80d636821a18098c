"""A month goes out once, when nothing of it is awaited any more: no late tap tells on it."""

import datetime as dt

import pytest
from django.test import Client

from citycard.flows import timetable
from citycard.insight import api as insight
from tests.insight.seen import at, store, tap
from tests.insight.test_following_taps import alone, catch_up, clean

__all__ = ["alone", "clean"]
MARCH, APRIL = dt.date(2016, 3, 1), dt.date(2016, 4, 1)
AWAITED = dt.datetime(2016, 4, 14, 4, tzinfo=dt.UTC)
OVER = dt.datetime(2016, 4, 15, 4, tzinfo=dt.UTC)

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture(autouse=True)
def unpublished(clean, owner_sql):
    owner_sql("DELETE FROM insight_edition")
    yield
    owner_sql("DELETE FROM insight_edition")


def came():
    """One person too few for a place to be shown, and the place beside it covers that."""
    store(
        *(tap(member, at(1 + member % 9)) for member in range(200)),
        *(tap(member, at(4), place="sports-xinyi") for member in range(9)),
        *(tap(member, at(5), place="sports-wanhua") for member in range(30)),
    )
    catch_up()


def out(now):
    insight.count_city_people(now=now)
    return insight.keep_editions(now=now)


def told():
    """What somebody keeps who downloads the file and looks at an agency's page."""
    (top,) = [each.top for each in insight.published(through=MARCH).values()]
    rows = insight.tree_sheet(top=top, least=10, name_of=lambda kind, code: code).rows
    return rows, insight.published(through=MARCH)[MARCH].pages


def test_a_month_is_not_public_while_late_taps_may_come():
    came()
    assert out(AWAITED) == []
    assert insight.edition_months() == []
    assert "2016-03" not in Client().get("/figures/").content.decode()
    assert out(OVER) == [MARCH]
    assert insight.edition_months() == [MARCH]
    assert out(OVER) == []


def test_a_month_that_is_still_being_brought_in_waits_for_a_quiet_night():
    came()
    nights = [OVER + dt.timedelta(days=night) for night in range(3)]
    timetable.count_city_people(nights[0])
    store(tap(7, at(6)))
    catch_up()
    timetable.count_city_people(nights[1])
    assert insight.edition_months() == []
    timetable.count_city_people(nights[2])
    assert insight.edition_months() == [MARCH]


def test_one_late_tap_shows_nothing_that_was_hidden():
    came()
    live = told()
    assert out(OVER) == [MARCH]
    first, file = told(), Client().get("/figures.csv").content
    assert first[0][0][-2] == live[0][0][-2] == 239
    hidden = [row for row in first[0] if None in row or insight.HIDDEN in row]
    assert hidden, "nine people are too few"
    store(tap(900, at(4), place="sports-xinyi"))
    catch_up()
    assert out(OVER + dt.timedelta(days=1)) == []
    assert told() == first
    assert Client().get("/figures.csv").content == file
    assert insight.attack_published().narrow == ()
    assert insight.verify() == [], "what was counted goes on"


def test_an_edition_reads_back_as_it_was_published():
    came()
    insight.count_city_people(now=OVER)
    live = insight.published(through=MARCH)[MARCH]
    insight.keep_editions(now=OVER)
    assert insight.published(through=MARCH)[MARCH] == live


def test_a_month_whose_taps_wait_or_whose_past_is_not_out_waits():
    came()
    store(tap(3, at(5, month=4)))
    assert insight.keep_editions(now=OVER) == []
    much_later = dt.datetime(2016, 7, 1, 4, tzinfo=dt.UTC)
    catch_up()
    assert out(much_later) == [MARCH, APRIL]
