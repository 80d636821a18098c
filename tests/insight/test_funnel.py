"""How far people came who may use a service: from the right to a regular, and what isn't told."""

import dataclasses
import datetime as dt

import pytest

from citycard.infra.database import execute, row, scalar
from citycard.insight import api as insight
from citycard.insight import gathering
from citycard.insight.attacking import attack
from citycard.insight.funnel import Reach
from tests.insight.months import figures, published
from tests.insight.seen import at, store, tap
from tests.insight.test_following_taps import alone, catch_up, clean

__all__ = ["alone", "clean"]
LEAST = 10
MARCH = dt.date(2016, 3, 1)
NEEDS = {"swim": "swimming"}


def steps(**changes):
    """The pool's funnel; 120 people came, 80 again, 20 of them on four days or more."""
    return {it.step: it.people for it in figures(needs=NEEDS, **changes).funnel}


def reach(holders, carded):
    return {"swimming": Reach(holders=holders, carded=carded)}


def test_from_the_right_to_a_regular():
    assert steps(reach=reach(1000, 400)) == {
        "holders": 1000,
        "carded": 400,
        "came": 120,
        "again": 80,
        "regular": 20,
    }


def test_a_service_that_asks_for_no_right_begins_with_the_card():
    shown = figures(needs={"swim": ""}, reach={"": Reach(holders=900, carded=900)}).funnel
    assert [it.step for it in shown] == ["carded", "came", "again", "regular"]


def test_all_agencies_of_a_service_stand_before_one_of_them():
    """The river's 30 people are others than the pool's 120."""
    month = published(needs=NEEDS, reach=reach(1000, 400), others=[("swim", "river", "r", 60, 30)])
    found = month.pages["swim", "sports"].funnel
    told = [(it.step, it.people) for it in found[:4]]
    assert told == [("holders", 1000), ("carded", 400), ("anywhere", 150), ("came", 120)]


@pytest.mark.parametrize(
    ("holders", "carded", "told"),
    [
        (1000, 400, True),
        (400, 400, True),  # everybody has a card: nothing of anybody
        (409, 400, False),  # nine have the right and no card
        (410, 400, True),
        (1000, 130, True),
        (1000, 129, False),  # nine have a card and never came
        (1000, 120, False),  # all came
        (1000, 100, False),  # counted before the last ones got their cards
    ],
)
def test_the_first_steps_are_told_only_where_nobody_is_left_behind_alone(holders, carded, told):
    assert ("carded" in steps(reach=reach(holders, carded))) is told
    assert "came" in steps(reach=reach(holders, carded))


def test_without_a_count_of_rights_the_funnel_begins_with_those_who_came():
    assert list(steps()) == ["came", "again", "regular"]


def test_few_regulars_are_hidden_and_so_is_what_would_tell_them():
    """Four came on four days; 76 on two or three."""
    month = published(days_of_use={1: 40, 2: 50, 3: 26, 4: 4}, needs=NEEDS, reach=reach(1000, 400))
    found = {it.step: it.people for it in month.pages["swim", "sports"].funnel}
    assert found["regular"] is None
    assert attack([month], least=LEAST) == []


def test_a_month_of_too_few_people_has_no_funnel():
    month = published(
        others=[("ride", "bus", "stop", 20, 9)],
        needs={"ride": ""},
        reach={"": Reach(holders=99, carded=99)},
    )
    assert "swim" in {service for service, _ in month.pages}
    assert all(not page.funnel for key, page in month.pages.items() if key[0] == "ride")


def test_a_funnel_that_shows_what_the_page_hides_is_found_out():
    """Regulars are the last lines: of three and four, hidden ones, the sum tells too much."""
    month = published(days_of_use={1: 40, 2: 70, 4: 7, 8: 3})
    assert attack([month], least=LEAST) == []
    page = month.pages["swim", "sports"]
    told = tuple(
        dataclasses.replace(it, people=10) if it.step == "regular" else it for it in page.funnel
    )
    assert {it.step for it in told} >= {"regular"}
    lines = tuple(
        dataclasses.replace(it, people={1: 40, 2: 70}.get(it.least_days)) for it in page.bands
    )
    leaky = dataclasses.replace(page, funnel=told, bands=lines, returning=80)
    months = [dataclasses.replace(month, pages={("swim", "sports"): leaky})]
    assert {it.cell[-1] for it in attack(months, least=LEAST)} >= {"4", "8"}


def test_regulars_begin_where_a_line_of_the_table_begins():
    assert gathering.Bands().days.count(4) == 1
    assert figures().funnel[-1].days == 4


@pytest.fixture
def town(city, clean, owner_sql):
    owner_sql("DELETE FROM insight_edition")
    execute("DELETE FROM insight_reach")
    yield
    execute("DELETE FROM insight_reach")


@pytest.mark.usefixtures("town")
class TestCounting:
    """The rights and cards of the city's own people."""

    LIBRARY = "library-loan"

    def came(self):
        store(*(tap(m, at(1), service=self.LIBRARY, place="library-main") for m in range(12)))
        catch_up()

    def test_who_has_the_right_and_a_card_is_counted_by_night(self):
        self.came()
        assert insight.count_reach(now=at(20)) == [MARCH]
        kept = row("SELECT holders, carded FROM insight_reach WHERE need = 'library'")
        by_hand = row(
            """
            SELECT count(DISTINCT r.member_id) AS holders,
                   count(DISTINCT r.member_id) FILTER (WHERE EXISTS (
                       SELECT FROM pub.bindings b WHERE b.member_id = r.member_id
                         AND b.bound && tstzrange('2016-03-01T00:00+08', '2016-04-01T00:00+08')
                   )) AS carded
            FROM pub.rights r
            WHERE r.entitlement = 'library' AND r.valid && daterange('2016-03-01', '2016-04-01')
            """
        )
        assert (kept.holders, kept.carded) == (by_hand.holders, by_hand.carded)

    def test_counted_again_it_is_the_same_and_follows_what_changed(self):
        self.came()
        insight.count_reach(now=at(20))
        execute("UPDATE insight_reach SET holders = 5000, carded = 4000 WHERE need = 'library'")
        shown = insight.service_figures(
            agency="library-main", service=self.LIBRARY, month=MARCH
        ).funnel
        told = [(it.step, it.people) for it in shown]
        assert told == [("holders", 5000), ("carded", 4000), ("came", 12)]
        assert shown[0].of == "library"
        assert insight.attack_published().narrow == ()
        insight.count_reach(now=at(21))
        assert scalar("SELECT holders < 5000 FROM insight_reach WHERE need = 'library'")

    def test_a_month_that_went_out_keeps_its_funnel(self, owner_sql):
        self.came()
        later = dt.datetime(2016, 4, 15, 4, tzinfo=dt.UTC)
        insight.count_reach(now=later)
        execute("UPDATE insight_reach SET holders = 5000, carded = 4000")
        insight.count_city_people(now=later)
        assert insight.keep_editions(now=later) == [MARCH]
        assert insight.count_reach(now=later) == []
        execute("DELETE FROM insight_reach")
        shown = insight.service_figures(agency="library-main", service=self.LIBRARY, month=MARCH)
        assert [(it.step, it.people) for it in shown.funnel][:2] == [
            ("holders", 5000),
            ("carded", 4000),
        ]
        owner_sql("DELETE FROM insight_edition")
