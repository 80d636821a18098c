"""Rides have what tills left of a month, also what tills took while they were cut off, in any
order."""

import datetime as dt

import pytest

from citycard.agencies import api as agencies
from citycard.flows import tapping
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.taps import api as taps
from tests.fares.riding_town import LONG_AGO, NOW, Town, at
from tests.offline.merging import settle, taken_back

pytestmark = pytest.mark.django_db
RIDES = 14


@pytest.fixture
def town(db: None, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setenv("CITYCARD_CITY", "taoyuan")
    return Town()


def test_a_till_that_was_cut_off_comes_before_rides_whichever_is_known_first(town: Town) -> None:
    disabled = {"status.disability": True}
    member = town.resident("disability-rides", born=dt.date(1980, 5, 5), **disabled)
    number = town.card(member, "disability")
    with unit_of_work():
        new = agencies.NewDevice(
            code="TAXI-1", kind="till", agency="transport", place="", service="love-taxi"
        )
        [till] = agencies.enrol_devices(devices=[new], actor=SYSTEM, now=LONG_AGO)
    rides = [
        town.tap(number, at(3 + n, 8), "whole", operator="love-taxi", route="taxi", fare_ntd=200,
                 charged_ntd=128, points_taken=72)
        for n in range(RIDES)
    ]  # fmt: skip
    assert till.device_id is not None
    alone = taps.TapRead(
        till.device_id, 1, 1, at(20, 9), "easycard", "printed", number,
        sale=taps.SalePart(200), answered=taps.AnsweredPart("accepted", 72, 1),
    )  # fmt: skip
    found = []
    for first in ("rides", "till"):
        with taken_back():
            for what in (first, "till" if first == "rides" else "rides"):
                if what == "rides":
                    town.take(*rides)
                else:
                    with clock.stopped_at(NOW):
                        tapping.take(reads=[alone], now=NOW)
                        settle()
                    town.settle()
            [answer] = taps.device_answers(member_months=[(member, dt.date(2026, 3, 1))])
            ridden = [(ride[0], ride.points) for ride in town.rides(member)]
            found.append((answer.borne, town.points_left(member), ridden))
    assert found[0] == found[1]
    assert found[0][0] == 72
    assert sum(points for _, points in found[0][2]) == 800 - 72
