"""A refused tap is explained by what the city held true when it was made, beside what it knows."""

import pytest

from citycard.agencies import api as agencies
from citycard.flows import activating, explaining, tapping
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.people import api as people
from citycard.portals import why_words
from citycard.taps import api as taps
from tests.fares.riding_town import LONG_AGO, NOW, Town, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(db: None, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setenv("CITYCARD_CITY", "taoyuan")
    activating.activate(pack=current_pack(), now=LONG_AGO)
    return Town()


@pytest.fixture
def door(town: Town) -> int:
    new = agencies.NewDevice(
        code="DOOR-1", kind="reader", agency="communities", place="", service="door"
    )
    with unit_of_work():
        [made] = agencies.enrol_devices(devices=[new], actor=SYSTEM, now=LONG_AGO)
    assert made.device_id is not None
    return made.device_id


def why(member: int, device: int) -> explaining.TapWhy:
    who = Actor(id="resident:1", kind="resident", member_id=member, roles=frozenset({"resident"}))
    access = people.open_access(
        subject=member, fields=why_words.FIELDS, purpose="own-data", actor=who, now=NOW
    )
    return explaining.why_tap(access=access, thing=explaining.find(number=f"{device}-1-1"))


def test_a_right_that_was_told_later_is_seen(town: Town, door: int) -> None:
    member = town.resident()
    number = town.card(member, "general")
    read = taps.TapRead(door, 1, 1, at(9, 8), "easycard", "printed", number)
    tapping.take(reads=[read], now=NOW)
    before = why(member, door)
    assert before.tap.code == taps.Code.NOT_ENTITLED
    assert before.entitlement == "community-door"
    assert before.then is not None
    assert before.known is not None
    assert before.then.verdict == before.known.verdict == "unknown"
    assert "還缺資料" in why_words.next_step(before)
    fact = people.NewFact(
        member_id=member, name="relation.community-resident", value=True,
        valid_from=LONG_AGO.date(), source="test", basis_kind="test",
    )  # fmt: skip
    with unit_of_work():
        people.record_facts(facts=[fact], actor=SYSTEM, now=NOW)
    after = why(member, door)
    assert after.then is not None
    assert after.known is not None
    assert after.then.verdict == "unknown"
    assert after.known.verdict == "yes"
    assert "設備當時還不知道" in why_words.next_step(after)
