"""從出生到老: eighty years of one family pass every threshold without a manual step."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from citycard.flows import activating
from citycard.infra import clock
from citycard.infra.database import scalar
from citycard.infra.packs import current_pack
from citycard.simulation import family as families
from citycard.simulation import family_living
from citycard.simulation.family_living import Lived
from tests.conftest import _using
from tools import a_life

UNTIL = dt.date(2096, 12, 31)


@pytest.fixture(scope="module", params=a_life.CITIES)
def story(
    request: pytest.FixtureRequest, databases: Any, django_db_blocker: Any
) -> Iterator[tuple[str, Lived]]:
    """The family's life in one city, lived through the city's own faces with a moved clock."""
    from citycard.config import wiring

    city = request.param
    with (
        databases.clone() as clone,
        django_db_blocker.unblock(),
        _using(clone),
        wiring.city(city),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("CITYCARD_DEMO_DELAY", "0")
        activating.activate(pack=current_pack(), now=clock.now())
        family = families.family(city=city, district=a_life.district_of(city))
        yield city, family_living.live(family=family, until=UNTIL)


def test_every_right_begins_and_ends_on_its_day(story: tuple[str, Lived]) -> None:
    """6歲前兒童健康→入學學生證→成人→敬老: at each threshold the old ends and the next begins."""
    city, lived = story
    assert sorted(lived.rights, key=str) == sorted(a_life.expected(city), key=str)


def test_what_is_applied_for_was_offered_on_the_first_day_it_could_be_had(
    story: tuple[str, Lived],
) -> None:
    _, lived = story
    table = current_pack().table("entitlements")
    begun = {
        (who, code, start)
        for who, code, start, _ in lived.rights
        if table[code]["granted_by"] == "application"
    }
    offered = {(one.who, one.entitlement, one.on) for one in lived.offers}
    # what was approved once goes on by itself when somebody moves back: nothing to apply for
    moved_back = {one for one in begun if one[2] == dt.date(2045, 3, 15)}
    assert begun - moved_back == offered


def test_everything_that_could_be_had_was_told_in_a_message(story: tuple[str, Lived]) -> None:
    _, lived = story
    assert lived.untold == []
    assert lived.offers


def test_nobody_is_left_waiting_and_the_house_adds_up(story: tuple[str, Lived]) -> None:
    from citycard.config import wiring

    assert scalar("SELECT count(*) FROM infra_cursor WHERE stopped_at IS NOT NULL") == 0
    waiting = "SELECT count(*) FROM applications_part WHERE state NOT IN ('completed', 'withdrawn')"
    assert scalar(waiting) == 0
    with clock.stopped_at(clock.city_time().midnight(UNTIL)):
        for context in ("people", "entitlements", "cards", "issuing", "applications"):
            assert wiring.auditors()[context]() == [], context


def test_the_picture_shows_what_was_lived() -> None:
    assert a_life.stale() == [], "run: python -m tools.a_life"
