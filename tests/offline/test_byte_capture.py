"""All bytes between readers and a real gate: nothing of a person is among them (MISSION X11)."""

import base64
import contextlib
import json
import re
import socket
import threading
import time

import pytest

from citycard.cards import api as cards
from citycard.flows import snapshotting
from citycard.infra import clock
from citycard.infra.database import rows
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.people import api as people
from citycard_reader import Journal, Offline, Reader
from citycard_reader.documents import parsed, split
from tests.gate.serving import gate
from tests.harness.cities import City
from tests.harness.patience import PATIENCE_S
from tests.offline.lines import city_key
from tests.taps.test_paying import senior
from tests.taps.town import Town, id_number

FIRST_MEMBER = 918_273_645
ALLOWED = {
    "answers", "epoch", "seq", "code", "points", "paid", "stored_value_ntd", "cash_ntd",
    "detail", "type", "title", "status",
}  # fmt: skip
HEADERS = {
    "type", "city", "service", "version", "previous", "at", "salt", "mark_bytes", "false_accept",
    "reads", "classes", "limits", "poll_seconds", "kid", "keys", "sets", "head",
}  # fmt: skip


class Tap:
    """A line to the gate on which everything is overheard, both ways."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.said: list[bytearray] = []
        self.answered: list[bytearray] = []
        self.server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.getsockname()[1]}"

    def _listen(self) -> None:
        while True:
            try:
                ours, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(ours,), daemon=True).start()

    def _carry(self, ours: socket.socket) -> None:
        with ours, socket.create_connection(("127.0.0.1", self.port)) as theirs:
            self.said.append(bytearray())
            self.answered.append(bytearray())
            answers = (theirs, ours, self.answered[-1])
            back = threading.Thread(target=self._pass_on, args=answers, daemon=True)
            back.start()
            self._pass_on(ours, theirs, self.said[-1])
            back.join()

    def _pass_on(self, one: socket.socket, other: socket.socket, kept: bytearray) -> None:
        """Until one side has said all it will; each is closed only when both have."""
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                kept += data
                other.sendall(data)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)

    def everything(self) -> bytes:
        """Return all bytes, those of each direction together."""
        return b"".join([*self.said, *self.answered])

    def bodies(self, kind: bytes) -> list[bytes]:
        """Return the bodies of answers whose content type has some text in it."""
        found = []
        for stream in self.answered:
            at = 0
            while (end := stream.find(b"\r\n\r\n", at)) > 0:
                head = bytes(stream[at:end]).lower()
                length = int((re.findall(rb"content-length: (\d+)", head) or [b"0"])[0])
                if any(kind in one for one in re.findall(rb"content-type: ([^\r]*)", head)):
                    found.append(bytes(stream[end + 4 : end + 4 + length]))
                at = end + 4 + length
        return found


@pytest.fixture(scope="module")
def heard(city: City, tmp_path_factory: pytest.TempPathFactory) -> Tap:
    """What went over the line in a day of a living town."""
    city.database.owner_sql(f"ALTER SEQUENCE people_member_id_seq RESTART {FIRST_MEMBER}")
    town = Town()
    members = senior(town, 6)
    with unit_of_work():
        for member in members:
            contact = people.Contact(
                email="who@example.test", phone="0912345678", address="桃園區中正路100號"
            )
            people.change_contact(member_id=member, contact=contact, actor=SYSTEM, now=clock.now())
    numbers = town.cards(members)
    services = (("hot-spring", "sports"), ("sports-visit", "sports"), ("activity", "doit"))
    devices = [town.reader(*service) for service in services]
    town.campaign(devices[2])
    snapshotting.build(clock.now())
    log = tmp_path_factory.mktemp("capture") / "gate.log"
    with gate(city.database, log) as running:
        line = Tap(running.client.base_url.port or 0)
        for device, (service, _) in zip(devices, services, strict=True):
            _live(city, line, device.code, device.key or "", service, numbers)
        line.server.close()
    return line


def _live(city: City, line: Tap, code: str, key: str, service: str, numbers: list[str]) -> None:
    """A reader's day: polls, taps with the line up and down, an upload, a loss in between."""
    offline = Offline(":memory:", service=service, key=city_key(clock.now()))
    journal = Journal(":memory:")
    made = Reader(gate=line.address, code=code, key=key, journal=journal, offline=offline)
    sale = {"price_ntd": 90} if service == "hot-spring" else None
    assert made.poll()
    for number in [*numbers, "9999999999999999"]:
        answer = made.tap(number, sale=sale)
        assert answer is not None
        assert answer.offline is None
    for number in numbers[:3]:  # as it would while it is cut off
        made._alone(number, None, sale, 60 if sale else 0)
    made.upload()
    made.poll()
    lost = numbers.pop()
    found = cards.find(issuer="easycard", number_kind="printed", number=lost)
    assert found is not None
    with unit_of_work():
        cards.report_lost(card_id=found.card_id, actor=SYSTEM, now=clock.now())
    city.settle()
    version = offline.version
    until = time.monotonic() + PATIENCE_S
    while offline.version == version and time.monotonic() < until:
        made.poll()
    assert offline.version > version, "the loss was not published"
    made.close()


def test_nothing_of_a_person_goes_over_the_line(heard: Tap) -> None:
    said = heard.everything()
    assert said.count(b"GET /snapshot") >= 3
    assert said.count(b"POST /taps") >= 6
    known = rows("SELECT id, name, birth_on, public_id::text AS handle FROM people_member")
    assert len(known) == 6
    assert min(one.id for one in known) >= FIRST_MEMBER
    personal = {"0912345678", "who@example.test", "桃園區中正路", "中正路", "address", "birth"}
    for n, one in enumerate(known, start=1):
        birth = one.birth_on
        personal |= {one.name, str(one.id), one.handle, id_number(n), "林測試"}
        personal |= {birth.isoformat(), f"{birth:%Y%m%d}", f"{birth:%Y/%m/%d}"}
        personal |= {f"{birth.year - 1911}/{birth:%m/%d}", f"{birth.year - 1911:03d}{birth:%m%d}"}
    for text in personal:
        for form in _forms(text):
            assert form not in said, f"{text} went over the line"


def _forms(text: str) -> set[bytes]:
    """Return how a text may stand among bytes."""
    plain = text.encode()
    escaped = json.dumps(text).strip('"').encode()
    return {plain, escaped, base64.b64encode(plain).rstrip(b"=")[:-1], plain.hex().encode()}


def test_answers_have_no_field_but_these(heard: Tap) -> None:
    told = [json.loads(body) for body in heard.bodies(b"json")]
    names = {name for one in told for name in _names(one)}
    assert {"code", "points", "paid"} <= names
    assert names <= ALLOWED


def _names(told: object) -> set[str]:
    if isinstance(told, dict):
        return set(told) | {name for value in told.values() for name in _names(value)}
    if isinstance(told, list):
        return {name for value in told for name in _names(value)}
    return set()


def test_documents_have_no_field_but_these_and_no_number(heard: Tap) -> None:
    documents = [one for body in heard.bodies(b"citycard.snapshot") for one in split(body)]
    assert len(documents) > 6
    for document in documents:
        assert set(parsed(document)[0]) <= HEADERS
    numbers = rows("SELECT number FROM cards_card_number")
    assert numbers
    for one in numbers:
        assert all(one.number.encode() not in document for document in documents)
