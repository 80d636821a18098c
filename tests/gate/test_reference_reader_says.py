"""The reference reader says what the gate's page of readers shows: firmware, backlog and clock."""

import datetime as dt
import json
import sys
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "clients" / "reader" / "src"))

from citycard.agencies import api as agencies
from citycard.portals.gate.saying import Said
from citycard_reader import Journal, Reader
from citycard_reader.transport import Reply

AT = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))


class Gate:
    """A gate that takes everything and keeps what it was told beside the taps."""

    def __init__(self, **beside: str) -> None:
        self.heard: list[Mapping[str, str]] = []
        self.beside = beside

    def reach(self) -> None: ...

    def close(self) -> None: ...

    def send(
        self, _method: str, _path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        self.heard.append(headers)
        told = json.loads(body or b"{}")
        answers = [
            {"code": "accepted", "points": 0} | self.beside for _ in told.get("taps", [told])
        ]
        reply = {"answers": answers} if "taps" in told else answers[0]
        return Reply(200, {}, json.dumps(reply).encode())


def reader(gate: Gate, journal: Journal, **more: str) -> Reader:
    return Reader(
        gate="", code="R-1", key="k", journal=journal, transport=gate, now=lambda: AT, **more
    )


def understood(headers: Mapping[str, str], received_at: dt.datetime) -> agencies.Heard:
    """Read a request's headers as the gate does."""
    said = Said()
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    said.add(raw, received_at.timestamp(), None)
    return said.heard(7)


def test_a_tap_says_firmware_clock_and_what_still_waits() -> None:
    gate, journal = Gate(), Journal(":memory:")
    assert reader(gate, journal).tap("1234567890123452") is not None
    heard = understood(gate.heard[0], AT + dt.timedelta(seconds=40))
    assert (heard.firmware, heard.backlog) == ("citycard-reader/0.1.0", 0)
    assert heard.skew_ms == 40_000, "its clock is 40 seconds behind"


def test_an_upload_says_what_waits_beside_it() -> None:
    gate, journal = Gate(), Journal(":memory:")
    for _ in range(620):
        journal.note("1234567890123452", epoch=1, at=AT)
    assert reader(gate, journal).upload() == 620
    assert [understood(one, AT).backlog for one in gate.heard] == [120, 0]


def test_a_vendor_names_its_own_firmware() -> None:
    gate = Gate()
    reader(gate, Journal(":memory:"), firmware="box/1.4").tap("1234567890123452")
    assert understood(gate.heard[0], AT).firmware == "box/1.4"


def test_the_class_that_the_city_tells_is_the_answer_s_and_the_journal_s() -> None:
    journal = Journal(":memory:")
    answer = reader(Gate(profile="senior"), journal).tap("1234567890123452")
    assert answer is not None
    assert (answer.code, answer.profile, answer.offline) == ("accepted", "senior", None)
    [(kept,)] = journal._db.execute("SELECT answer FROM tap")
    assert json.loads(kept)["profile"] == "senior"
    plain = reader(Gate(), journal).tap("1234567890123452")
    assert plain is not None
    assert plain.profile == ""
