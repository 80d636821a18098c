"""The power goes in the middle of a tap: sent again it gets one answer, nothing is doubled."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from citycard.activities import api as activities
from citycard.agencies import api as agencies
from citycard.infra.database import scalar
from citycard.ledger import api as ledger
from citycard.taps import api as taps
from tests.faults.rig import Nursery
from tests.gate.serving import RunningGate, StartedGate, gate, kept_ready, started
from tests.harness.cities import City
from tests.taps.town import Town

sys.path.insert(0, str(Path(__file__).parents[2] / "clients" / "reader" / "src"))

from citycard_reader import Journal, Reader, Refused, Unreachable

PLACES = ("tap.take.before_commit", "tap.take.after_commit")


@pytest.fixture(scope="module")
def town(city: City) -> Town:
    return Town()


@pytest.fixture(scope="module")
def ready(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """The city's gate, kept ready to be started again and again."""
    with kept_ready(city.database, tmp_path_factory.mktemp("gate") / "gate.log") as nursery:
        yield nursery


def reader_of(
    device: agencies.EnrolledDevice, running: RunningGate | StartedGate, journal: Journal
) -> Reader:
    return Reader(
        gate=str(running.client.base_url),
        code=device.code,
        key=device.key or "",
        journal=journal,
    )


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "times", [pytest.param(1, id="once"), pytest.param(10, id="ten", marks=pytest.mark.slow)]
)
def test_the_gate_dies_between_tap_and_answer(
    ready: Nursery, town: Town, tmp_path: Path, place: str, times: int
) -> None:
    members = town.residents(times)
    device = town.reader("activity", "doit")
    campaign = town.campaign(device, points=5)
    numbers = town.cards(members)
    journal = Journal(tmp_path / "reader.db")
    for n, number in enumerate(numbers, 1):
        with (
            started(ready, fail_at=place) as dying,
            reader_of(device, dying, journal) as reader,
        ):
            assert reader.tap(number) is None
        stored = scalar("SELECT count(*) FROM pub.taps WHERE reader_id = %s", [device.device_id])
        assert stored == (n if place.endswith("after_commit") else n - 1)
        assert len(journal.waiting()) == 1
        with started(ready) as again, reader_of(device, again, journal) as reader:
            assert reader.upload() == 1
        assert journal.waiting() == []
    stored = scalar("SELECT count(*) FROM pub.taps WHERE reader_id = %s", [device.device_id])
    assert stored == times
    assert activities.statistics(campaign_id=campaign.id).points == 5 * times
    assert [*taps.verify(), *ledger.verify(), *activities.verify()] == []


def test_a_reader_that_was_cut_off_uploads_in_batches_and_forgets_the_numbers(
    city: City, town: Town, tmp_path: Path
) -> None:
    [member] = town.residents(1)
    device, number = town.reader("activity", "doit"), town.card(member)
    town.campaign(device, points=1, cap=30)
    journal = Journal(tmp_path / "reader.db")
    away = Reader(
        gate="http://127.0.0.1:9", code=device.code, key=device.key or "", journal=journal
    )
    assert [away.tap(number) for _ in range(40)] == [None] * 40
    with pytest.raises(Unreachable):
        away.upload()
    with gate(city.database, tmp_path / "gate.log") as running:
        with reader_of(device, running, journal) as reader:
            assert reader.upload_until_done() == 40
            answer = reader.tap(number)
        assert answer is not None
        assert answer.code == "no_points_left"
        stranger = replace(device, key="wrong")
        with reader_of(stranger, running, journal) as reader, pytest.raises(Refused):
            reader.tap(number)
    assert number.encode() not in _bytes_of_answered(tmp_path / "reader.db", number)
    [health] = [one for one in taps.reader_health() if one.reader_id == device.device_id]
    assert (health.taken, health.missing) == (41, 0)
    noted = agencies.device(device_id=device.device_id)
    assert (noted.firmware, noted.backlog) == ("citycard-reader/0.1.0", 0)
    assert noted.skew_ms is not None
    assert abs(noted.skew_ms) < 60_000


def test_taps_under_load_survive_a_killed_gate_once_each(
    ready: Nursery, town: Town, tmp_path: Path
) -> None:
    """Several readers upload while the gate is killed at whatever it is doing, again and again."""
    members = town.residents(10)
    numbers = town.cards(members)
    devices = [town.reader("activity", "doit") for _ in range(4)]
    campaign = town.campaign(*devices, points=1)
    journals = [Journal(tmp_path / f"{n}.db") for n in range(len(devices))]
    for n in range(3):
        with started(ready) as running, ExitStack() as stack:
            readers = [
                stack.enter_context(reader_of(device, running, journal))
                for device, journal in zip(devices, journals, strict=True)
            ]
            for i in range(12):
                if i == 6 + n:
                    running.kill()
                for r, reader in enumerate(readers):
                    reader.tap(numbers[(i + r) % 10])
    with started(ready) as running:
        for device, journal in zip(devices, journals, strict=True):
            with reader_of(device, running, journal) as reader:
                reader.upload()
            assert journal.waiting() == []
    ids = [device.device_id for device in devices]
    assert scalar("SELECT count(*) FROM pub.taps WHERE reader_id = ANY(%s)", [ids]) == 3 * 12 * 4
    assert activities.statistics(campaign_id=campaign.id).points == 3 * 12 * 4
    assert [*taps.verify(), *ledger.verify(), *activities.verify()] == []


def _bytes_of_answered(path: Path, number: str) -> bytes:
    """Return the journal's answered part: what is left of it holds no card number."""
    import sqlite3

    with sqlite3.connect(path) as db:
        rows = db.execute("SELECT number, answer FROM tap WHERE answer IS NOT NULL").fetchall()
    assert len(rows) == 41
    assert os.path.getsize(path) > 0
    return repr(rows).encode()
