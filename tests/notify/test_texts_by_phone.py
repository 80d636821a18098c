"""Text messages: to whom chose them, once, and paid for only when they were sent."""

import datetime as dt
import json
from pathlib import Path

import pytest

from citycard.adapters.text_carrier.demo import DemoTextCarrier
from citycard.adapters.text_carrier.failing_demo import FailingTextCarrier
from citycard.infra import outbox, ports
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.notify import api as notify
from citycard.notify.ports import TextCarrier
from citycard.people import api as people

NOW = dt.datetime(2026, 11, 30, 16, 30, tzinfo=dt.UTC)  # half past midnight of 1 December in Taipei
MONTH = dt.date(2026, 12, 1)
SCHOOLS = "education"
pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(ports, "_ports", dict(ports._ports))
    ports.provide(TextCarrier, DemoTextCarrier(tmp_path / "texts.jsonl"), name="text messages")
    return tmp_path / "texts.jsonl"


def member(phone: str = "0912345678") -> int:
    new = people.NewMember(
        name="林怡君", birth_on=dt.date(1984, 5, 10), sex="f", id_number="A223456781", phone=phone
    )
    with unit_of_work():
        (found,) = people.enrol_many(people=[new], actor=SYSTEM, now=NOW)
    assert found.member_id is not None
    return found.member_id


def tell(member_id: int, *, key: str = "1", channels: frozenset[str] | None = None) -> None:
    message = notify.NewMessage(
        event_key=f"attendance.pupil.arrived:{key}",
        member_id=member_id,
        code="attendance.pupil.arrived",
        params={"tail": "1234", "place": "school-zhongzheng", "time": "07:42"},
        channels=channels,
        text_price_ntd=1,
        billed_by=SCHOOLS,
    )
    with unit_of_work():
        notify.tell_many(messages=[message], now=NOW)


def carried() -> None:
    while outbox.drain_until_idle(now=lambda: NOW):
        pass


def bill(member_id: int) -> list[tuple[dt.date, int, int]]:
    own = Actor(id=f"member:{member_id}", kind="resident", roles=frozenset({"resident"}),
                member_id=member_id)  # fmt: skip
    access = people.open_access(
        subject=member_id, fields=["messages"], purpose="own-data", actor=own, now=NOW
    )
    found = notify.text_bills(access=access, member_id=member_id, since=dt.date(2026, 1, 1))
    return [(one.month, one.texts, one.ntd) for one in found]


def billed(*agencies: str, month: dt.date = MONTH) -> list[tuple[int, int, int]]:
    found = notify.texts_to_pay(agencies=agencies, month=month)
    return [(one.member_id, one.texts, one.ntd) for one in found]


def test_who_chose_texts_gets_one_and_pays_for_it_in_the_month_it_was_sent(sent: Path) -> None:
    parent = member()
    for _ in range(2):  # told again: nothing new
        tell(parent)
        carried()
    (line,) = sent.read_text().splitlines()
    assert json.loads(line)["to"] == "0912345678"
    assert "07:42" in json.loads(line)["body"]
    assert bill(parent) == [(MONTH, 1, 1)]
    assert billed(SCHOOLS, "health") == [(parent, 1, 1)]
    assert billed("health") == []
    assert billed(SCHOOLS, month=dt.date(2026, 11, 1)) == []


def test_who_chose_the_inbox_alone_gets_no_text(sent: Path) -> None:
    parent = member()
    tell(parent, channels=frozenset({"inbox"}))
    carried()
    assert not sent.exists()
    assert bill(parent) == []


@pytest.mark.parametrize("phone", ["", "0223456789"])  # none, and one that takes no texts
def test_nobody_pays_for_a_text_that_could_not_go(sent: Path, phone: str | None) -> None:
    parent = member(phone)
    tell(parent)
    carried()
    assert bill(parent) == []
    assert notify.verify() == []


def test_a_carrier_that_is_down_delays_texts_and_charges_none(
    sent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = member()
    ports.provide(TextCarrier, FailingTextCarrier(), name="text messages")
    tell(parent)
    carried()
    assert bill(parent) == []
    assert notify.verify() == []
    ports.provide(TextCarrier, DemoTextCarrier(sent), name="text messages")
    outbox.drain_until_idle(now=lambda: NOW + dt.timedelta(hours=1))
    assert bill(parent) == [(MONTH, 1, 1)]
