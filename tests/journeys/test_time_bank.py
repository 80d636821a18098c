"""志工時數「存摺」: hours by sign-in and sign-out, corrected by new entries, then exchanged.

Each step stands on the steps before it; all of it goes over HTTP to a city that runs for real.
"""

import datetime as dt
import json
import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from citycard.infra.clock import city_time, today
from citycard.ledger import api as ledger
from tests.harness.live import Device, LiveCity
from tests.harness.patience import wait_until
from tests.harness.visiting import Visitor
from tests.journeys import cards
from tests.journeys.devices import Reader

pytestmark = pytest.mark.city("taipei")

HOURS = "volunteer-minutes"
POINTS = "taipei-points"
VOLUNTEER = "陳秀英"  # the demo's resident
HOUR = dt.timedelta(hours=1)


@dataclass(kw_only=True)
class Story:
    """What one step of the story leaves for the next."""

    city: LiveCity
    browser: Visitor
    organiser: Visitor
    number: str
    readers: dict[str, Reader] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)

    def balance(self, unit: str) -> int:
        """Return what the volunteer's own app is told of a unit."""
        found = json.loads(self.browser.download("/points/balances.json"))
        return next((one["available"] for one in found["balances"] if one["unit"] == unit), 0)

    def tap(self, way: str, age: dt.timedelta) -> None:
        """Let the volunteer's card tap at a reader so long ago; it arrives now."""
        (answer,) = self.readers[way].taps([(self.number, age)])
        assert answer["code"] == "accepted", answer


@pytest.fixture(scope="module")
def story(live_city: LiveCity) -> Story:
    """A resident with a card, and the organiser of the sports volunteers."""
    ((_, number),) = cards.numbers_of(live_city, VOLUNTEER)
    return Story(
        city=live_city,
        browser=live_city.persona("resident"),
        organiser=live_city.persona("organiser"),
        number=number,
    )


def test_two_readers_are_set_up_for_coming_and_leaving(story: Story) -> None:
    for way in ("in", "out"):
        story.organiser.open("/agency/devices/")
        page = story.organiser.fill(
            code=f"VOL-{way.upper()}",
            place="sports-volunteers",
            service=f"volunteer-{way}",
            number_profile="easycard_printed",
        )
        key = re.search(r"<code[^>]*>([^<]+)</code>", page.html)
        assert key is not None, page
        device = Device(
            code=f"VOL-{way.upper()}", key=key[1], kind="reader", place="sports-volunteers"
        )
        story.readers[way] = Reader(story.city, device).wait_until_known()


def test_hours_follow_by_themselves_from_sign_in_and_sign_out(story: Story) -> None:
    """志工時數自動化: three hours and ten minutes count three hours."""
    story.tap("in", 5 * HOUR)
    story.tap("out", 5 * HOUR - dt.timedelta(minutes=190))
    wait_until(lambda: story.balance(HOURS) == 180)
    story.readers["out"].again()  # a reader that heard no answer
    page = story.browser.open("/hours/")
    assert "運動志工隊服務台" in page
    assert "3 小時" in page


def test_a_sign_out_that_arrives_before_its_sign_in_changes_nothing(story: Story) -> None:
    story.tap("out", 50 * HOUR)
    wait_until(lambda: "缺簽到" in story.browser.open("/hours/"))
    assert story.balance(HOURS) == 180
    story.tap("in", 52 * HOUR + dt.timedelta(minutes=10))
    wait_until(lambda: story.balance(HOURS) == 300)
    assert "缺簽到" not in story.browser.open("/hours/")


def test_a_missing_sign_out_is_flagged_and_nobody_guesses(story: Story) -> None:
    story.tap("in", 30 * HOUR)
    wait_until(lambda: "缺簽退" in story.browser.open("/hours/"))
    assert story.balance(HOURS) == 300


def test_the_organiser_puts_it_right_by_a_new_entry(story: Story) -> None:
    """補登是新的一筆，不是修改。"""
    page = story.organiser.open("/agency/volunteers/")
    assert "缺簽退" in page
    story.organiser.follow(VOLUNTEER)
    began = city_time().local(dt.datetime.now(dt.UTC) - 30 * HOUR)
    story.organiser.fill(
        "day_year",
        action="/correct/",
        holds="簽退時間",
        ends=f"{began + 2 * HOUR:%H:%M}",
        reason="忘了簽退，已與領隊核對",
    )
    assert "已更正" in story.organiser.page.html
    wait_until(lambda: story.balance(HOURS) == 420)
    assert "沒有要核對的紀錄" in story.organiser.open("/agency/volunteers/")


def test_the_volunteer_sees_both_what_was_and_what_is(story: Story) -> None:
    page = story.browser.open("/hours/")
    shift = next(
        target for shown, target in page.links if "/hours/" in target and "主辦機關登錄" in shown
    )
    page = story.browser.open(shift)
    assert "缺簽退" in page
    assert "忘了簽退，已與領隊核對" in page
    assert "+2 小時" in page
    assert "時數怎麼算" in page


def test_hours_are_exchanged_into_points_by_the_rule_of_the_day(story: Story) -> None:
    """結合時間銀行概念的兌換機制。"""
    points = story.balance(POINTS)
    story.browser.open(f"/points/{HOURS}/")
    story.browser.follow("志工時數兌換台北點")
    assert "1 小時 換 10 點" in story.browser.page
    page = story.browser.fill(amount="5")
    assert "50 點" in page
    confirm = page.form("once")
    for _ in range(2):  # a finger that trembles
        assert "已用 5 小時 換得 50 點" in story.browser.submit(confirm)
    assert (story.balance(HOURS), story.balance(POINTS)) == (120, points + 50)


def test_every_entry_explains_itself(story: Story) -> None:
    for unit, words in ((HOURS, "1 小時 換 10 點"), (POINTS, "志工時數兌換台北點")):
        page = story.browser.open(f"/points/{unit}/")
        entries = [target for _, target in page.links if "/entries/" in target]
        assert any(words in story.browser.open(entry) for entry in entries[:3])
    page = story.browser.open(f"/points/{HOURS}/")
    corrected = next(
        target for shown, target in page.links if "/entries/" in target and "更正" in shown
    )
    assert "原來的紀錄都保留" in story.browser.open(corrected)


def test_hours_are_audited_like_points(story: Story) -> None:
    """同一本帳: nothing is found, and each unit adds up to zero by itself."""
    proof = story.city.command("verify", "--json")
    assert json.loads(proof.stdout)["findings"] == []
    sums: dict[str, int] = {}
    for line in ledger.trial_balance(on=today()):
        sums[line.unit] = sums.get(line.unit, 0) + line.amount
    assert set(sums) >= {HOURS, POINTS}
    assert set(sums.values()) == {0}
