"""Tap to message within the set seconds: measured for each message, and counted for those who run
the school and the house."""

import datetime as dt
from typing import Any

import pytest

from citycard.attendance import api as attendance
from citycard.config import examining
from citycard.flows import attending
from citycard.infra import clock
from citycard.infra.database import execute
from citycard.infra.unit_of_work import unit_of_work
from citycard.notify import api as notify
from citycard.portals.ops import watching, wrong
from tests.attendance.test_attending import passes
from tests.attendance.town import actor, build
from tests.harness.cities import City
from tests.portals import seeding

RECEIVED = dt.datetime(2016, 3, 1, 8, tzinfo=dt.UTC)
SERVICE = "school-attendance"


@pytest.fixture(scope="module")
def town(city: City) -> dict[str, Any]:
    return build(city)


def tell(town: dict[str, Any], key: str, channel: attendance.Channel, seconds: int) -> None:
    """A mother's message, written so long after its tap reached the city."""
    _, mother, *_ = town["members"]
    message = notify.NewMessage(
        event_key=key,
        member_id=mother,
        code="attendance.pupil.left",
        params={"tail": "0001", "place": "sports-daan", "time": "16:00"},
        channels=frozenset({"inbox", channel}),
    )
    of = attendance.ToldOf(
        event_key=key, channel=channel, service=SERVICE, agency="sports", received_at=RECEIVED
    )
    with unit_of_work():
        notify.tell_many(messages=[message], now=RECEIVED + dt.timedelta(seconds=seconds))
        attendance.note_told(messages=[of])


def counted(now: dt.datetime, **of: Any) -> list[tuple[int, int, int, float]]:
    found = attendance.promptness(
        since=RECEIVED, until=RECEIVED + dt.timedelta(days=1), now=now, **of
    )
    assert all(one.set_seconds == 60 for one in found)
    return [(one.told, one.late, one.waiting, one.slowest_seconds) for one in found]


def test_a_message_is_late_from_the_set_seconds_on(town: dict[str, Any]) -> None:
    tell(town, "in-time", "inbox", 60)
    assert counted(RECEIVED + dt.timedelta(hours=1)) == [(1, 0, 0, 60.0)]
    tell(town, "late", "inbox", 61)
    assert counted(RECEIVED + dt.timedelta(hours=1)) == [(2, 1, 0, 61.0)]
    assert counted(RECEIVED + dt.timedelta(hours=1), agencies=["education"]) == []


def test_a_text_message_counts_when_the_carrier_has_it(town: dict[str, Any]) -> None:
    tell(town, "texted", "sms", 5)
    assert counted(RECEIVED + dt.timedelta(seconds=60))[0][:3] == (3, 1, 0)
    assert counted(RECEIVED + dt.timedelta(seconds=90))[0] == (3, 2, 1, 90.0)
    execute(
        "UPDATE notify_delivery SET state = 'sent', ended_at = %s WHERE state = 'waiting'",
        [RECEIVED + dt.timedelta(seconds=45)],
    )
    assert counted(RECEIVED + dt.timedelta(hours=1))[0][:3] == (3, 1, 0)


def test_whom_nobody_can_reach_is_not_late(town: dict[str, Any]) -> None:
    tell(town, "unreachable", "sms", 5)
    execute("UPDATE notify_delivery SET state = 'no_address', ended_at = now()"
            " WHERE state = 'waiting'")  # fmt: skip
    assert counted(RECEIVED + dt.timedelta(hours=1))[0][:3] == (3, 1, 0)


def test_a_tap_at_the_gate_is_measured_from_its_arrival(town: dict[str, Any]) -> None:
    child, mother, *_ = town["members"]
    attending.choose(child_id=child, channel="inbox", actor=actor(mother), now=clock.now())
    passes(town, 1, clock.now() - dt.timedelta(minutes=20))  # its reader was cut off
    (today,) = attendance.promptness(
        since=clock.now() - dt.timedelta(hours=1), until=clock.now(), now=clock.now()
    )
    assert (today.agency, today.service, today.told, today.late) == (
        "sports-daan",
        SERVICE,
        1,
        0,
    )
    assert attending_problems() == []
    assert examining.check_notices()[0].state == "ok"


def test_who_runs_the_house_is_warned_of_late_ones(town: dict[str, Any]) -> None:
    _, mother, *_ = town["members"]
    at = clock.now() - dt.timedelta(minutes=10)
    message = notify.NewMessage(
        event_key="late-today",
        member_id=mother,
        code="attendance.pupil.left",
        params={"tail": "0001", "place": "sports-daan", "time": "16:00"},
    )
    of = attendance.ToldOf(
        event_key="late-today",
        channel="inbox",
        service=SERVICE,
        agency="sports-daan",
        received_at=at,
    )
    with unit_of_work():
        notify.tell_many(messages=[message], now=clock.now())
        attendance.note_told(messages=[of])
    [problem] = attending_problems()
    assert problem.title == "1 則到離校通知超過時限"
    assert "60 秒" in problem.why
    [symptom] = examining.check_notices()
    assert symptom.state == "warn"
    assert "1 of 2 late" in symptom.says
    organiser = seeding.signed_in("gatekeeper", "sports", ["organiser"])
    page = organiser.get("/agency/attendance/?kind=school").content.decode()
    assert "2 則通知中，1 則超過 60 秒" in page


def attending_problems() -> list[wrong.Problem]:
    found = wrong.problems(watching.look(clock.now()))
    return [problem for problem in found if "到離校通知超過" in problem.title]
