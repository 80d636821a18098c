"""The feed's two doors misbehave as real ones do: pages late, doubled and out of order, an outage,
a folder with good and bad files."""

import base64
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from citycard.adapters.demo_registers.book import Book
from citycard.adapters.household_registry.demo_changes import DemoRegisterChanges
from citycard.adapters.household_registry.dropped_files import (
    DroppedRegisterFiles,
    NoRegisterFiles,
)
from citycard.adapters.household_registry.failing_demo import FailingRegisterChanges
from citycard.entitlements import api as entitlements
from citycard.flows import following_register
from citycard.infra.database import scalar
from citycard.infra.ports import provide
from citycard.kernel.errors import Refused
from citycard.people import api as people
from citycard.people.ports import RegisterChanges, RegisterFiles
from tests.flows.living import NOW
from tests.flows.registers import OPERATOR, Resident, change, file_of, residents, settle

pytestmark = pytest.mark.city("taipei")
ON = dt.date(2026, 10, 2)


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Book]:
    monkeypatch.setenv("CITYCARD_DEMO_DELAY", "0")
    found = Book(tmp_path / "registers.sqlite")
    provide(RegisterChanges, DemoRegisterChanges(found), name="register changes", timeout_s=5)
    yield found
    provide(RegisterChanges, DemoRegisterChanges(found), name="register changes", timeout_s=5)


def told(who: Resident, kind: str, on: dt.date, **says: str) -> dict[str, str]:
    one = change(who, kind, on, **says)
    return {
        "change_no": str(one.number),
        "kind": one.kind,
        "on": one.on.isoformat(),
        "id_number": one.id_number,
        "birth_on": one.birth_on.isoformat(),
        **says,
    }


def rides(who: Resident, on: dt.date = dt.date(2026, 11, 21)) -> bool:
    found = entitlements.machine_rights_of(member_ids=[who.member_id], on=on)[who.member_id]
    return any(one.entitlement == "senior-rides" for one in found)


def test_pages_that_are_late_doubled_and_unordered_come_to_the_same(
    city: Any, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following_register, "A_PAGE", 4)
    movers = residents(15)
    stays = movers[-3:]
    rows = [told(one, "moved", ON, city="65000") for one in movers]
    rows += [told(one, "moved", ON + dt.timedelta(days=9), city="63000") for one in stays]
    book.enter_changes("household", rows)
    following_register.fetch_from(register="household", actor=OPERATOR, now=NOW)
    following_register.fetch_from(register="household", actor=OPERATOR, now=NOW)
    settle()
    assert [rides(one) for one in movers] == [False] * 12 + [True] * 3
    assert scalar("SELECT count(*) FROM people_feed_change WHERE state = 'done'") == len(rows)
    before = people.feed_cursor(register="household")
    assert following_register.fetch_from(register="household", actor=OPERATOR, now=NOW) is None
    assert people.feed_cursor(register="household") == before == str(len(rows))


def test_a_silent_register_is_noted_and_goes_on_where_it_stopped(city: Any, book: Book) -> None:
    (one,) = residents(1)
    rows = [told(one, "moved", ON, city="65000")]
    provide(RegisterChanges, FailingRegisterChanges("breaks_off"), name="register changes")
    following_register.fetch(NOW)
    state = next(it for it in people.feed_states() if it.register == "enrolment")
    assert state.failing_since == NOW
    provide(RegisterChanges, DemoRegisterChanges(book), name="register changes")
    book.enter_changes("welfare", [])
    book.enter_changes("enrolment", [{**rows[0], "kind": "left_school"}])
    following_register.fetch_from(register="enrolment", actor=OPERATOR, now=NOW)
    state = next(it for it in people.feed_states() if it.register == "enrolment")
    assert state.failing_since is None


def test_a_register_that_talks_nonsense_moves_no_cursor(city: Any) -> None:
    provide(RegisterChanges, FailingRegisterChanges("talks_nonsense"), name="register changes")
    before = people.feed_cursor(register="disability")
    with pytest.raises(Refused):
        following_register.fetch_from(register="disability", actor=OPERATOR, now=NOW)
    assert people.feed_cursor(register="disability") == before


def test_a_folder_is_emptied_in_order_and_bad_files_are_put_aside(
    city: Any, tmp_path: Path
) -> None:
    first, second = residents(2)
    key = Ed25519PrivateKey.generate()
    pem = tmp_path / "registers.pem"
    pem.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    folder = tmp_path / "feeds"
    folder.mkdir()
    good = file_of([change(first, "moved", ON, city="65000")])
    unended = b"\n".join(good.splitlines()[:-1]) + b"\n"
    (folder / "1-good.csv").write_bytes(unended)
    (folder / "1-good.csv.sig").write_bytes(base64.b64encode(key.sign(unended)))
    forged = file_of([change(second, "died", ON)])
    (folder / "2-forged.csv").write_bytes(forged)
    (folder / "2-forged.csv.sig").write_bytes(base64.b64encode(key.sign(b"something else")))
    (folder / "3-cut.csv").write_bytes(forged[:-20])
    provide(RegisterFiles, DroppedRegisterFiles(folder, pem), name="register files")
    try:
        following_register.look_in_folder(NOW)
    finally:
        provide(RegisterFiles, NoRegisterFiles(), name="register files")
    settle()
    assert sorted(it.name for it in (folder / "taken").iterdir()) == [
        "1-good.csv",
        "1-good.csv.sig",
    ]
    assert len(list((folder / "refused").glob("*.csv"))) == 2
    assert (rides(first), rides(second)) == (False, True)
    assert [it.why for it in people.deliveries(limit=2)] == [
        "people.feed_cut",
        "people.feed_signature",
    ]
