"""A tap that can't be read is refused by name in its place; the others of its batch are taken."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest

from citycard.agencies import api as agencies
from citycard.infra.database import scalar
from citycard.portals.gate import wire
from citycard.portals.gate.problems import GateProblem
from citycard.portals.gate.readers import Reader
from citycard.taps import api as taps
from tests.gate.serving import RunningGate, gate
from tests.harness.cities import City
from tests.harness.patience import wait_until
from tests.taps.town import Town

READER = Reader(7, "R-1", "transport", "ride", "easycard", "printed", active=True, key_hash=b"")
AT = "2026-11-21T08:30:00+08:00"
WRONG = [
    ({"number": ""}, "number must be a text of 1 to 160 printable characters."),
    ({"number": "12\0"}, "number must be a text"),
    ({"number": 1234}, "number must be a text"),
    ({"number": None}, "number must be a text"),
    ({"issuer": "x" * 33}, "issuer must be a text of 1 to 32"),
    ({"number_kind": ""}, "number_kind must be a text"),
    ({"at": "yesterday"}, "at must be a time with its zone"),
    ({"answered": {"points": 5}}, "answered must be an object with the code"),
    ({"answered": {"code": "accepted", "points": -1}}, "answered.points must be a whole number"),
]


def tap(seq: int, **more: Any) -> dict[str, Any]:
    return {"epoch": 1, "seq": seq, "at": AT, "number": "1234567890123452"} | more


@pytest.mark.parametrize(("wrong", "sentence"), WRONG)
def test_one_that_cannot_be_read_is_refused_alone(wrong: dict[str, Any], sentence: str) -> None:
    body = json.dumps({"taps": [tap(1), tap(2, **wrong), tap(3)]}).encode()
    (first, refused, last), as_batch = wire.read_taps(body, READER)
    assert as_batch
    assert isinstance(first, taps.TapRead)
    assert isinstance(last, taps.TapRead)
    assert isinstance(refused, wire.NotTaken)
    told = wire.not_taken(refused)
    assert (told["epoch"], told["seq"], told["code"]) == (1, 2, "bad_tap")
    assert told["detail"].startswith(f"taps[1].{sentence}")


@pytest.mark.parametrize(("wrong", "sentence"), WRONG)
def test_a_single_one_is_refused_with_its_request(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(GateProblem) as refused:
        wire.read_taps(json.dumps(tap(1, **wrong)).encode(), READER)
    assert (refused.value.status, refused.value.code) == (422, "bad_field")
    assert refused.value.detail.startswith(sentence)


@pytest.mark.parametrize("wrong", [{"epoch": 0}, {"seq": "2"}, {"seq": None}])
def test_one_that_does_not_say_which_it_is_refuses_the_request(wrong: dict[str, Any]) -> None:
    with pytest.raises(GateProblem) as refused:
        wire.read_taps(json.dumps({"taps": [tap(1), tap(2) | wrong]}).encode(), READER)
    assert refused.value.detail.startswith(f"taps[1].{next(iter(wrong))}")


@pytest.fixture(scope="module")
def running(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGate]:
    with gate(city.database, tmp_path_factory.mktemp("gate") / "gate.log") as found:
        yield found


def test_the_others_are_taken_and_the_agency_sees_what_was_not(running: RunningGate) -> None:
    town = Town()
    [member] = town.residents(1)
    number, reader = town.card(member), town.reader()
    wait_until(lambda: running.taps(reader, {}).status_code != 401)
    body = {"taps": [tap(1, number=number), tap(2, number=""), tap(3, number=number)]}
    first = running.taps(reader, body)
    answers = first.json()["answers"]
    assert [one["code"] for one in answers] == ["accepted", "bad_tap", "accepted"]
    assert [one["seq"] for one in answers] == [1, 2, 3]
    assert running.taps(reader, body).content == first.content
    alone = running.taps(reader, {"taps": [tap(2, number="")]})
    assert [one["code"] for one in alone.json()["answers"]] == ["bad_tap"]
    assert scalar("SELECT count(*) FROM pub.taps WHERE reader_id = %s", [reader.device_id]) == 2
    mended = running.taps(reader, tap(2, number=number))
    assert mended.json()["code"] == "accepted", "nothing of it was kept"
    assert 'citycard_gate_taps_total{code="bad_tap"} 3.0' in running.client.get("/metrics").text

    def counted() -> bool:
        found = agencies.refused_uploads(since=dt.date(2000, 1, 1), device_id=reader.device_id)
        return {one.problem: one.times for one in found}.get("bad_tap") == 3

    wait_until(counted)
