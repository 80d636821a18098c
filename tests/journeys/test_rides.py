"""乘車：a resident's day on buses, a metro, a train and a taxi, told by devices, one of them late.

Each step stands on the steps before it; all of it goes over HTTP to a city that runs for real.
"""

import csv
import datetime as dt
import io
import itertools
import json
from dataclasses import dataclass
from typing import Any

import pytest

from citycard.agencies import api as agencies
from citycard.cards import api as cards_api
from citycard.entitlements import api as entitlements
from citycard.infra import clock
from citycard.infra.clock import today
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.people import api as people_api
from tests.harness.live import Device, LiveCity
from tests.harness.patience import wait_until
from tests.harness.visiting import Visitor
from tests.journeys import cards
from tests.journeys.devices import Reader

pytestmark = pytest.mark.city("taoyuan")

RIDER = "林美玉"  # the demo's resident of 66
NUMBER = "7123450000000018"
BUS = {"operator": "taoyuan-bus", "route": "5053", "ticket": "senior"}
METRO = {"operator": "airport-metro"}
TRAIN = {"operator": "tra", "ticket": "senior"}


@dataclass(kw_only=True)
class Story:
    """What one step of the story leaves for the next."""

    city: LiveCity
    browser: Visitor
    finance: Visitor
    reader: Reader

    def taps(self, *said: tuple[int, str, dict[str, Any]]) -> None:
        """Upload what a device saw: minutes ago, leg, and what it knows of the ride."""
        taps = []
        for minutes, leg, ride in said:
            one = self.reader._one(NUMBER, dt.timedelta(minutes=minutes))
            taps.append(one | {"ride": ride | {"leg": leg}})
        sent = self.reader._post("/taps", {"taps": taps})
        assert {answer["code"] for answer in sent.json()["answers"]} == {"accepted"}, sent.text

    def rides(self) -> Any:
        """Return the resident's own page."""
        return self.browser.open("/rides/")

    def points_left(self) -> int:
        """Return what the resident's app is told of the month's allowance."""
        found = json.loads(self.browser.download("/points/balances.json"))
        by_unit = {one["unit"]: one["available"] for one in found["balances"]}
        return int(by_unit.get("ride-points", 0))


def _becomes_senior(member: int) -> None:
    """Approve the senior right and hand over its card, as its own journey tells at length."""
    long_ago = clock.now() - dt.timedelta(days=40)
    told = {"approval.senior-rides": True, "registered_city": "taoyuan"}
    facts = [
        people_api.NewFact(
            member_id=member, name=name, value=value, valid_from=dt.date(2025, 1, 1),
            source="test", basis_kind="test",
        )
        for name, value in told.items()
    ]  # fmt: skip
    with unit_of_work():
        people_api.record_facts(facts=facts, actor=SYSTEM, now=long_ago)
        first = today() - dt.timedelta(days=40)
        entitlements.decide(member_ids=[member], on=first, now=long_ago, actor=SYSTEM)
        new = cards_api.NewCard(kind="senior", medium="easycard", numbers={"printed": NUMBER})
        [card] = cards_api.register_many(cards=[new], actor=SYSTEM, now=long_ago)
        assert card.card_id is not None, card.refusal
        bind = cards_api.Bind(card_id=card.card_id, member_id=member)
        [bound] = cards_api.bind_many(binds=[bind], actor=SYSTEM, now=long_ago)
        assert bound.refusal is None, bound.refusal


@pytest.fixture(scope="module")
def story(live_city: LiveCity) -> Story:
    """A senior with her card, a vehicle's device, and the city's finance officer."""
    _becomes_senior(cards.member_of(live_city, RIDER))
    new = agencies.NewDevice(
        code="BUS-0001", kind="reader", agency="transport", place="", service="concession-ride"
    )
    with unit_of_work():
        [made] = agencies.enrol_devices(devices=[new], actor=SYSTEM, now=clock.now())
    assert made.key is not None
    device = Device(code="BUS-0001", key=made.key, kind="reader", place="")
    return Story(
        city=live_city,
        browser=live_city.persona("resident"),
        finance=live_city.persona("finance"),
        reader=Reader(live_city, device).wait_until_known(),
    )


def test_points_pay_until_the_last_ones_pay_a_part(story: Story) -> None:
    """每月補助 800 點；餘點扣盡，不足由儲值金支付。"""
    story.taps(
        (150, "in", BUS),
        (140, "out", BUS | {"metres": 8_000, "points_taken": 9, "charged_ntd": 0}),
        (130, "in", METRO),
        (110, "out", METRO | {"fare_ntd": 785, "points_taken": 785, "charged_ntd": 0}),
        (100, "in", TRAIN),
        (90, "out", TRAIN | {"fare_ntd": 60, "points_taken": 6, "charged_ntd": 24}),
    )
    wait_until(lambda: "補助點數付 6 點、自付 24 元" in story.rides())
    page = story.rides()
    for said in ("桃園客運 5053", "法定半票", "補助點數付 785 點", "臺鐵"):
        assert said in page, said
    wait_until(lambda: story.points_left() == 0)


def test_a_missing_tap_out_is_locked_and_charged_at_the_next_boarding(story: Story) -> None:
    """缺下車刷卡：鎖卡，下次上車補扣，不享優惠。"""
    story.taps((80, "in", BUS))
    wait_until(lambda: "沒有下車刷卡，下次上車時補扣" in story.rides())
    story.taps(
        (60, "in", BUS | {"charged_ntd": 9, "missed_ntd": 9}),
        (50, "out", BUS | {"metres": 8_000, "charged_ntd": 9}),
    )
    wait_until(lambda: "沒有下車刷卡，依規定收 9 元" in story.rides())


def test_a_taxi_is_a_ride_in_one_tap(story: Story) -> None:
    story.taps((40, "whole", {"operator": "love-taxi", "fare_ntd": 120, "charged_ntd": 120}))
    wait_until(lambda: "愛心計程車隊" in story.rides())


def test_a_late_upload_is_put_where_it_belongs(story: Story) -> None:
    """A device that was offline uploads the day's first ride last: its points are taken first."""
    story.taps(
        (175, "in", BUS),
        (165, "out", BUS | {"metres": 8_000, "points_taken": 9, "charged_ntd": 0}),
    )
    wait_until(lambda: "補助點數付 782 點、自付 3 元" in story.rides())
    assert "全票 60 元" in story.rides()
    assert "補助點數付 6 點" not in story.rides()
    wait_until(lambda: story.points_left() == 0)
    story.reader.again()


def test_the_operators_month_adds_up(story: Story) -> None:
    """應收總金額＝實際營收＋各項補助＋差異。"""
    page = story.finance.open("/agency/rides/")
    for said in ("桃園客運", "臺灣鐵路", "愛心計程車隊", "應收總金額", "社福"):
        assert said in page, said
    sent = story.finance.download("/agency/rides/statement.csv")
    file = csv.reader(io.StringIO(sent.decode("utf-8-sig")))
    _head, *lines = itertools.takewhile(bool, file)  # an empty line ends the first table
    assert lines
    for line in lines:
        assert float(line[4]) == sum(float(cell) for cell in line[5:]), line


def test_what_devices_took_otherwise_waits_for_an_officer(story: Story) -> None:
    page = story.finance.open("/agency/rides/differences/")
    assert "少扣" in page  # the metro took three points too many, and no money for them
    assert "查明的結果" in page


def test_the_auditor_finds_nothing(story: Story) -> None:
    done = story.city.command("verify")
    assert done.returncode == 0, done.stdout + done.stderr
