"""From a tap at the school gate to the parents who asked to be told of it, and to no others."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from citycard.attendance import api as attendance
from citycard.flows import attending, tapping
from citycard.infra import clock
from citycard.infra.database import rows
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.notify import api as notify
from citycard.people import api as people
from citycard.taps import api as taps
from tests.attendance.town import NUMBER, actor, build
from tests.harness.cities import City


@pytest.fixture(scope="module")
def town(city: City) -> dict[str, Any]:
    return build(city)


def passes(town: dict[str, Any], seq: int, at: dt.datetime) -> None:
    read = taps.TapRead(town["reader"], 1, seq, at, "easycard", "printed", NUMBER)
    (answer,) = tapping.take(reads=[read], now=clock.now())
    assert answer.code == taps.Code.ACCEPTED
    town["city"].settle()


def inbox(member_id: int) -> list[str]:
    access = people.open_access(
        subject=member_id, fields=["messages"], purpose="own-data", actor=actor(member_id),
        now=clock.now(),
    )  # fmt: skip
    found = notify.inbox(access=access, member_id=member_id, language="zh-Hant", limit=20)
    return [one.body for one in found if "卡片於" in one.body]


def texts(outside: Path) -> list[dict[str, str]]:
    """What the carrier was given, also by tests before."""
    book = outside / "texts.jsonl"
    lines = book.read_text().splitlines() if book.exists() else []
    return [json.loads(line) for line in lines]


def test_guardians_who_asked_are_told_once_and_the_text_is_on_their_bill(
    town: dict[str, Any], outside: Path
) -> None:
    child, mother, father, stranger = town["members"]
    for parent, channel in ((mother, "sms"), (father, "inbox")):
        attending.choose(child_id=child, channel=channel, actor=actor(parent), now=clock.now())
    before = len(texts(outside))
    at = clock.now() - dt.timedelta(minutes=1)
    passes(town, 1, at)
    passes(town, 2, at + dt.timedelta(seconds=20))  # waved twice
    for parent in (mother, father):
        (told,) = inbox(parent)
        assert "末四碼 0001" in told
        assert f"{clock.city_time().local(at):%H:%M}" in told
        assert "到達" in told
    assert inbox(stranger) == []
    sent = texts(outside)[before:]
    assert [one["to"] for one in sent if "到達" in one["body"]] == ["0912345678"]
    bills = notify.texts_to_pay(
        agencies=["sports", "sports-daan"], month=clock.today().replace(day=1)
    )
    assert [(one.member_id, one.texts, one.ntd) for one in bills] == [(mother, 1, 1)]


def test_who_stops_or_withdraws_the_consent_is_told_no_more(town: dict[str, Any]) -> None:
    child, mother, father, _ = town["members"]
    attending.choose(child_id=child, channel=None, actor=actor(father), now=clock.now())
    ground = people.ground_for(member_id=mother, purpose=attending.PURPOSE)
    assert ground is not None
    assert people.ground_for(member_id=father, purpose=attending.PURPOSE) is None
    with unit_of_work():
        people.withdraw_ground(
            ground_id=ground, member_id=mother, actor=actor(mother), now=clock.now()
        )
    town["city"].settle()
    assert attendance.notices_about(child_ids=[child]) == []
    before = len(inbox(mother)), len(inbox(father))
    passes(town, 3, clock.now() - dt.timedelta(seconds=5) + dt.timedelta(minutes=8))
    assert (len(inbox(mother)), len(inbox(father))) == before


def test_nobody_is_told_of_somebody_elses_child(town: dict[str, Any]) -> None:
    child, *_, stranger = town["members"]
    with pytest.raises(attending.NotYourChild):
        attending.choose(child_id=child, channel="sms", actor=actor(stranger), now=clock.now())


def test_a_guardian_no_more_is_told_nothing_though_nobody_stopped_it(
    town: dict[str, Any],
) -> None:
    child, mother, *_ = town["members"]
    attending.choose(child_id=child, channel="inbox", actor=actor(mother), now=clock.now())
    with unit_of_work():
        people.end_guardian(
            child_id=child, guardian_id=mother, reason="court", actor=SYSTEM, now=clock.now()
        )
    before = len(inbox(mother))
    passes(town, 4, clock.now() - dt.timedelta(minutes=25))
    assert len(inbox(mother)) == before


def test_no_event_and_no_message_holds_more_than_references(town: dict[str, Any]) -> None:
    found = rows("SELECT body::text AS body FROM infra_journal WHERE code LIKE 'attendance.%%'")
    assert found
    for event in found:
        assert set(json.loads(event.body)) == {"stay_ids", "left"}
