"""Figures follow the taps exactly: counted once, on the tap's own day, and confirmed by a
recount."""

import contextlib
import datetime as dt
import json
import time

import psycopg
import pytest
from django.db import OperationalError

from citycard.infra.database import execute, rows, scalar
from citycard.infra.jobs import pump_each
from citycard.infra.journal import (
    Announced,
    Subscriber,
    lag,
    pump_once,
    restart,
    subscribe,
    subscribers,
)
from citycard.infra.unit_of_work import unit_of_work
from citycard.insight import api as insight
from citycard.taps import api as taps
from tests.harness.patience import PATIENCE_S
from tests.insight.seen import at, store, tap

MARCH = dt.date(2016, 3, 1)
FOLLOWER = Subscriber(
    name="insight-test", codes=frozenset({"taps.batch.stored"}), handle=insight.absorb_taps
)

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture(scope="module", autouse=True)
def alone():
    """Let nobody but our own follower follow the journal."""
    usual = subscribers()
    subscribe([FOLLOWER])
    yield
    subscribe(usual)


def catch_up():
    """Let the follower take all that was stored.

    Other tests' transactions on the same server hold the journal's horizon back: wait for them.
    """
    deadline = time.monotonic() + PATIENCE_S
    while lag()[0].events and not lag()[0].stopped_at and time.monotonic() < deadline:
        if not pump_once(FOLLOWER):
            time.sleep(0.05)


@pytest.fixture(autouse=True)
def clean(city):
    """Start each test with no figures: the cursor stands after everything that came before."""
    catch_up()
    for table in ("count", "visits", "first", "cell", "place"):
        execute(f"DELETE FROM insight_{table}")
    city.database.owner_sql("TRUNCATE taps_tap")


def figures(service="sports-visit", agency="sports-daan", month=MARCH):
    return insight.service_figures(agency=agency, service=service, month=month)


def test_uses_people_and_frequency_come_from_the_taps():
    store(*(tap(member, at(1)) for member in range(12)))
    store(*(tap(member, at(2)) for member in range(12)))
    catch_up()
    shown = figures()
    assert (shown.uses, shown.people, shown.per_person, shown.returning) == (24, 12, 2.0, 12)
    assert insight.verify() == []


def test_the_same_event_twice_counts_once():
    store(*(tap(member, at(1)) for member in range(12)))
    catch_up()
    [event] = rows(
        "SELECT id, code, body::text AS body, recorded_at FROM infra_journal"
        " WHERE code = 'taps.batch.stored' ORDER BY id DESC LIMIT 1"
    )
    again = Announced(id=event.id, code=event.code, body=json.loads(event.body), at=at(1))
    with unit_of_work():
        insight.absorb_taps([again, again])
    assert figures().uses == 12
    assert insight.verify() == []


def test_a_failure_in_the_middle_leaves_neither_figures_nor_cursor(monkeypatch):
    store(*(tap(member, at(1)) for member in range(12)))
    with monkeypatch.context() as broken:
        broken.setattr("citycard.insight.shelves.Shelf.write", lambda *_: 1 / 0)
        pump_once(FOLLOWER)
    assert scalar("SELECT count(*) FROM insight_count") == 0
    restart(FOLLOWER.name)
    catch_up()
    assert figures().uses == 12
    assert insight.verify() == []


def test_a_late_tap_counts_on_the_day_it_happened():
    store(*(tap(member, at(3)) for member in range(12)))
    store(*(tap(member, at(1)) for member in range(12)))  # arrives after those of the third
    catch_up()
    assert [(day.day.day, day.uses) for day in figures().days] == [(1, 12), (3, 12)]


def test_midnight_is_the_citys_not_greenwichs():
    store(*(tap(member, at(2, hour=0)) for member in range(12)))  # the first, 16:00 UTC
    catch_up()
    assert [day.day.day for day in figures().days] == [2]


def test_refused_taps_are_no_uses():
    refused = [tap(member, at(1), code=taps.Code.NOT_ENTITLED) for member in range(11)]
    store(*(tap(member, at(1)) for member in range(12)), *refused)
    catch_up()
    assert (figures().uses, figures().refusals) == (12, 11)
    assert insight.verify() == []


def test_one_person_has_different_pseudonyms_in_two_services():
    store(tap(5, at(1)), tap(5, at(1), service="library-loan", place="library-main"))
    catch_up()
    found = rows("SELECT substring(visits FROM 5 FOR 4) AS who FROM insight_visits")
    assert len({bytes(row.who) for row in found}) == 2


def test_verify_names_a_figure_that_the_taps_do_not_confirm():
    store(*(tap(member, at(1)) for member in range(12)))
    catch_up()
    execute("UPDATE insight_count SET n = n + 1 WHERE what = 'day_uses' AND agency = ''")
    [finding] = insight.verify()
    assert finding.check == "insight.day_uses"
    assert finding.says == "13 day_uses are kept, a recount finds 12"
    with unit_of_work():
        assert insight.recount(month=MARCH) == 12
    assert insight.verify() == []


def test_taps_not_taken_yet_are_lag_and_not_an_error():
    store(*(tap(member, at(1)) for member in range(12)))
    catch_up()
    store(*(tap(member, at(2)) for member in range(12)))
    assert insight.verify() == []
    with unit_of_work():
        insight.recount(month=MARCH)  # leaves the waiting batch to the subscriber
    catch_up()
    assert figures().uses == 24
    assert insight.verify() == []


def test_a_recount_under_way_holds_up_nobody_who_shares_the_subscribers_rounds(city):
    store(*(tap(member, at(1)) for member in range(12)))
    other = Subscriber(
        name="insight-test-other", codes=FOLLOWER.codes, handle=lambda batch: taken.extend(batch)
    )
    taken = []
    subscribe([FOLLOWER, other])
    try:
        with psycopg.connect(city.database.owner_url) as recounting:
            recounting.execute("SELECT FROM insight_absorbed FOR UPDATE")
            deadline = time.monotonic() + PATIENCE_S
            while not taken and time.monotonic() < deadline:
                with contextlib.suppress(OperationalError):
                    pump_each()
            assert taken
            assert figures().uses == 0
    finally:
        subscribe([FOLLOWER])
    catch_up()
    assert figures().uses == 12
    assert not lag()[0].stopped_at


def test_the_citys_tree_adds_up_from_places():
    store(
        *(tap(member, at(1)) for member in range(30)),
        *(tap(member, at(1), place="sports-xinyi") for member in range(20, 40)),
        *(tap(m, at(1), service="library-loan", place="library-main") for m in range(25)),
    )
    catch_up()
    top = insight.city_tree(month=MARCH)
    assert top.uses == 75
    for node in walk(top):
        if node.children and not node.is_hidden:
            assert node.uses == sum(child.uses for child in node.children)
    places = {node.code: node.uses for node in walk(top) if node.kind == "place"}
    assert places["all/leisure/sports/sports-visit/sports-daan/sports-daan"] == 30


def test_nobody_can_be_found_by_asking_for_the_month_of_few():
    store(*(tap(member, at(1)) for member in range(4)))
    catch_up()
    shown = figures()
    assert (shown.uses, shown.people) == (None, None)
    assert [total.uses for total in insight.month_totals(
        agency="sports-daan", service="sports-visit", newest=MARCH
    )] == [None]  # fmt: skip
    text = insight.as_csv(
        sheet=insight.figures_sheet(figures=shown, name_of=lambda kind, code: code)
    )
    assert text.splitlines()[1] == "total,sports-visit,sports-visit,*,*"


def walk(node):
    yield node
    for child in node.children:
        yield from walk(child)


def test_what_is_published_now_withstands_the_attack():
    store(
        *(tap(member, at(1)) for member in range(40)),
        *(tap(member, at(1 + member % 7)) for member in range(40)),
        *(tap(member, at(2), place="sports-xinyi") for member in range(4)),
        *(tap(member, at(2, month=4)) for member in range(35, 60)),
        *(tap(m, at(1), service="library-loan", place="library-main") for m in range(25)),
    )
    catch_up()
    found = insight.attack_published()
    assert (found.months, found.narrow) == (2, ())
    assert 0 < found.hidden < found.figures
