"""All bytes between readers and a real gate: nothing of a person is among them (MISSION X11).

Readers of a pool, of a till that takes points, of a campaign, of a bus (in and out) and of a
library that asks for its own numbers: single taps and batches, snapshots, a reader that is cut off.
"""

import base64
import json
import time

import httpx
import pytest

from citycard.cards import api as cards
from citycard.flows import snapshotting
from citycard.infra import clock
from citycard.infra.database import rows
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard_reader import Journal, Offline, Reader
from citycard_reader.documents import parsed, split
from tests.gate.serving import gate
from tests.harness.cities import City
from tests.harness.patience import PATIENCE_S
from tests.offline.lines import city_key
from tests.offline.overheard import (
    Overheard,
    assert_says_nothing_of_anybody,
    names_in,
    people_of,
)
from tests.taps.town import Town

ANSWERS = {
    "answers", "epoch", "seq", "code", "points", "paid", "stored_value_ntd", "cash_ntd", "profile",
    "agency_number", "detail", "type", "title", "status",
}  # fmt: skip
HEADERS = {
    "type", "city", "service", "version", "previous", "at", "salt", "mark_bytes", "false_accept",
    "reads", "classes", "limits", "poll_seconds", "kid", "keys", "sets", "head",
}  # fmt: skip
OWN, ANOTHERS = "L10000{:04d}", "H20000{:04d}"
RIDE = {"operator": "bus-1", "route": "5"}
SERVICES = (
    ("hot-spring", "sports"),
    ("sports-visit", "sports"),
    ("activity", "doit"),
    ("concession-ride", "public-transport"),
    ("library-loan", "library"),
)


@pytest.fixture(scope="module")
def heard(city: City, tmp_path_factory: pytest.TempPathFactory) -> Overheard:
    """What went over the line in a day of a living town."""
    town = Town()
    members = people_of(city, town, 9)
    for agency, own in (("library", OWN), ("hospital", ANOTHERS)):
        town.library_numbers(agency, *((one, own.format(n)) for n, one in enumerate(members)))
    numbers = town.cards(members)
    devices = [town.reader(*service) for service in SERVICES]
    town.campaign(devices[2])
    snapshotting.build(clock.now())
    log = tmp_path_factory.mktemp("capture") / "gate.log"
    with gate(city.database, log) as running:
        line = Overheard(running.client.base_url.port or 0)
        for device, (service, _) in zip(devices, SERVICES, strict=True):
            _live(city, line, device.code, device.key or "", service, numbers)
        line.close()
    return line


def _live(
    city: City, line: Overheard, code: str, key: str, service: str, numbers: list[str]
) -> None:
    """A reader's day: polls, taps with the line up and down, an upload, a loss in between."""
    offline = Offline(":memory:", service=service, key=city_key(clock.now()))
    journal = Journal(":memory:")
    made = Reader(gate=line.address, code=code, key=key, journal=journal, offline=offline)
    sale = {"price_ntd": 90} if service == "hot-spring" else None
    rides = _rides() if service == "concession-ride" else [None]
    assert made.poll()
    for number in [*numbers, "9999999999999999"]:
        for ride in rides:
            answer = made.tap(number, sale=sale, ride=ride)
            assert answer is not None
            assert answer.offline is None
    for number in numbers[:3]:  # as it would while it is cut off
        made._alone(number, rides[0], sale, 60 if sale else 0)
    for ride in (rides[0], RIDE | {"leg": "sideways"}):  # a batch, with one that is refused
        journal.note(numbers[0], epoch=1, at=clock.now(), ride=ride)
    assert made.upload() == 5
    if service == "library-loan":
        _convert(line, f"Reader {code}:{key}", numbers)
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


def _rides() -> list[dict[str, object] | None]:
    return [
        RIDE | {"leg": "in", "stop": "S3"},
        RIDE | {"leg": "out", "stop": "S9", "charged_ntd": 8, "metres": 4_000},
    ]


def _convert(line: Overheard, proof: str, numbers: list[str]) -> None:
    """Ask for the library's own numbers, of one card and of many."""
    headers = {"Authorization": proof}
    one = {"number": numbers[0]}
    many = {"cards": [{"number": number} for number in [*numbers, "9999999999999999"]]}
    with httpx.Client(base_url=line.address, headers=headers, timeout=PATIENCE_S) as client:
        for asked in (one, many, {"number": ""}):
            client.post("/convert", json=asked)


def test_nothing_of_a_person_goes_over_the_line(heard: Overheard) -> None:
    said = heard.everything()
    assert said.count(b"GET /snapshot") >= len(SERVICES)
    assert said.count(b"POST /taps") >= 5 * len(SERVICES)
    assert said.count(b"POST /convert") == 3
    assert said.count(b'"leg": "out"') >= 3
    assert_says_nothing_of_anybody(said, ANOTHERS[:6])


def test_an_agency_s_own_number_is_answered_to_its_own_readers_alone(heard: Overheard) -> None:
    streams = list(zip(heard.said, heard.answered, strict=True))
    library = rows("SELECT code FROM agencies_device WHERE service = 'library-loan'")[0].code
    own = [told for said, told in streams if f"Reader {library}:".encode() in said]
    others = [told for said, told in streams if f"Reader {library}:".encode() not in said]
    assert sum(told.count(OWN[:6].encode()) for told in own) >= 10
    assert others
    assert not any(OWN[:6].encode() in told for told in others)


def test_answers_have_no_field_but_these(heard: Overheard) -> None:
    told = [json.loads(body) for body in heard.bodies(b"json")]
    names = {name for one in told for name in names_in(one)}
    assert {"code", "points", "paid", "profile", "agency_number"} <= names
    assert names <= ANSWERS


def test_documents_have_no_field_but_these_and_no_number(heard: Overheard) -> None:
    documents = [one for body in heard.bodies(b"citycard.snapshot") for one in split(body)]
    assert len(documents) > 6
    for document in documents:
        assert set(parsed(document)[0]) <= HEADERS
    numbers = rows("SELECT number FROM cards_card_number")
    assert numbers
    for one in numbers:
        assert all(one.number.encode() not in document for document in documents)


def test_whoever_says_something_of_a_person_is_noticed(heard: Overheard) -> None:
    """What looks for it finds it, as plain text, escaped, in base64 and in hex."""
    [one, *_] = rows("SELECT id, name, birth_on FROM people_member ORDER BY id")
    said = heard.everything()
    for text in (one.name, str(one.id), one.birth_on.isoformat(), ANOTHERS.format(1)):
        plain = text.encode()
        for form in (
            plain,
            json.dumps(text).encode(),
            base64.b64encode(plain),
            plain.hex().encode(),
        ):
            with pytest.raises(AssertionError, match="went over the line"):
                assert_says_nothing_of_anybody(said + form, ANOTHERS[:6])
