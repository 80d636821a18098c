"""A reader that was moved: a tap belongs to where the reader stood at the tap's own time."""

import datetime as dt

import pytest

from citycard.agencies import api as agencies
from citycard.flows import tapping
from citycard.infra.database import rows
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.taps.api import Code
from tests.taps.town import NOW, Town, tap

HOUR = dt.timedelta(hours=1)


@pytest.mark.django_db
def test_a_late_tap_is_judged_by_the_place_and_service_of_its_own_time(town: Town) -> None:
    [member] = town.residents(1)
    number, reader = town.card(member), town.reader(place="sports-daan")
    tapping.take(reads=[tap(reader, 1, number, at=NOW - 3 * HOUR)], now=NOW)
    moved = agencies.DeviceMove(
        device_id=reader.device_id or 0,
        agency="library",
        place="library-main",
        service="library-loan",
        since=NOW - HOUR,
    )
    with unit_of_work():
        agencies.move_devices(moves=[moved], actor=SYSTEM, now=NOW)
    late, there = tap(reader, 2, number, at=NOW - 2 * HOUR), tap(reader, 3, number, at=NOW)
    # a library's reader asks for a number of its own
    answers = tapping.take(reads=[late, there], now=NOW)
    assert [one.code for one in answers] == [Code.ACCEPTED, Code.NOT_LINKED]
    found = rows("SELECT seq, agency, place, service FROM pub.taps ORDER BY seq")
    assert [(one.seq, one.place, one.service) for one in found] == [
        (1, "sports-daan", "sports-visit"),
        (2, "sports-daan", "sports-visit"),
        (3, "library-main", "library-loan"),
    ]
    assert tapping.take(reads=[late, there], now=NOW) == answers
