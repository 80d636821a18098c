"""What the gate heard of a reader stands on the city's books a few seconds later."""

import datetime as dt

import pytest

from citycard.agencies import api as agencies
from citycard.infra import clock
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.portals.gate.problems import GateProblem
from citycard.portals.gate.readers import ReaderTable
from citycard.taps import api as taps


@pytest.mark.django_db
def test_what_a_reader_says_and_what_was_refused_is_noted() -> None:
    with unit_of_work():
        agencies.activate(pack=current_pack(), now=clock.now())
        new = agencies.NewDevice(
            code="R-1", kind="reader", agency="library", place="", service="library-loan"
        )
        [device] = agencies.enrol_devices(devices=[new], actor=SYSTEM, now=clock.now())
    table = ReaderTable()
    table._refresh()
    authorization = f"Reader {device.code}:{device.key}".encode()
    headers = [
        (b"authorization", authorization),
        (b"user-agent", b"box/1.2 (firmware)"),
        (b"backlog", b"12"),
    ]
    reader = table.authenticate(authorization, headers)
    at = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=3)
    last = taps.TapRead(reader.device_id, 1, 1, at, "easycard", "printed", "1234567890123452")
    table.heard(reader, headers, last)
    wrong = [(b"authorization", b"Reader R-1:guessed")]
    for sent in (wrong, wrong, [(b"authorization", b"Reader nobody:x")], []):
        with pytest.raises(GateProblem) as refused:
            table.authenticate(dict(sent).get(b"authorization", b""), sent)
        table.refused(sent, refused.value)
    table._note_seen()
    found = agencies.device(device_id=reader.device_id)
    assert (found.firmware, found.backlog, found.last_seen_at is None) == ("box/1.2", 12, False)
    assert found.skew_ms is not None
    assert -181_000 < found.skew_ms < -170_000
    [counted] = agencies.refused_uploads(since=dt.date(2020, 1, 1))
    assert (counted.device_id, counted.problem, counted.times) == (
        reader.device_id,
        "unknown_reader",
        2,
    )
