"""All bytes on the broker's lines, and its files: nothing of a person is among them (MISSION X11).

Readers publish over one line, the city takes over another; both are overheard. Needs Debian's
nats-server.
"""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from citycard.agencies import api as agencies
from citycard.infra import clock
from tests.harness.cities import City
from tests.offline.overheard import (
    Overheard,
    assert_says_nothing_of_anybody,
    names_in,
    people_of,
)
from tests.stream.broking import Broker, StreamReader, broker_at, connected, taker_of
from tests.taps.town import Town

OWN, ANOTHERS = "L10000{:04d}", "H20000{:04d}"
ANSWERS = {
    "answers", "epoch", "seq", "code", "points", "profile", "agency_number",
    "detail", "type", "title", "status",
}  # fmt: skip


class Day(NamedTuple):
    """A day of readers on a broker: the readers' line, the city's, answers, and the files."""

    readers: Overheard
    city: Overheard
    answers: list[tuple[int, bytes]]
    files: Path


@pytest.fixture(scope="module")
def day(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    town = Town()
    members = people_of(city, town, 4)
    for agency, own in (("library", OWN), ("hospital", ANOTHERS)):
        town.library_numbers(agency, *((one, own.format(n)) for n, one in enumerate(members)))
    numbers = [*town.cards(members), "9999999999999999"]
    bus = town.reader("concession-ride", "public-transport")
    library = town.reader("library-loan", "library")
    files = tmp_path_factory.mktemp("broker")
    with broker_at(files) as broker:
        lines = Overheard(broker.port), Overheard(broker.port)
        over = [_at(line, broker) for line in lines]
        with taker_of(city.database, over[1], tmp_path_factory.mktemp("taker") / "log"):
            answers = asyncio.run(_live(over[0], [bus, library], numbers))
        yield Day(*lines, answers, files)
        for line in lines:
            line.close()


def _at(line: Overheard, broker: Broker) -> Broker:
    """The broker at the other end of a line."""
    found = Broker(broker.directory)
    found.port, found.url = line.port, f"nats://127.0.0.1:{line.port}"
    return found


async def _live(
    broker: Broker, devices: list[agencies.EnrolledDevice], numbers: list[str]
) -> list[tuple[int, bytes]]:
    """Taps singly, together, again, and such as can't be taken."""
    connection = await connected(broker)
    answers = []
    for device in devices:
        reader = StreamReader(device, connection)
        await reader.listen()
        while (await reader.send({}))[0] == 401:
            await asyncio.sleep(0.1)
        taps = [_tap(n, number) for n, number in enumerate(numbers, 1)]
        rides = [
            _tap(11, numbers[0]) | {"ride": {"leg": "in", "operator": "bus-1"}},
            _tap(12, numbers[0]) | {"ride": {"leg": "out", "operator": "bus-1", "charged_ntd": 8}},
            _tap(13, "") | {"ride": {"leg": "off"}},
        ]
        wrong = [b"not json", {"taps": [{"seq": 1}]}, _tap(14, "")]
        for said in (taps[0], {"taps": taps}, {"taps": taps}, {"taps": rides}, *wrong):
            answers.append(await reader.send(said))
    await connection.close()
    return answers


def _tap(seq: int, number: str) -> dict[str, Any]:
    return {"epoch": 1, "seq": seq, "at": clock.now().isoformat(), "number": number}


def test_nothing_of_a_person_goes_over_the_broker_s_lines(day: Day) -> None:
    assert {status for status, _ in day.answers} == {200, 400, 422}
    for line in (day.readers, day.city):
        said = line.everything()
        assert said.count(b"citycard.taps.") >= 14
        assert said.count(b'"profile":"disability"') >= 4
        assert_says_nothing_of_anybody(said, ANOTHERS[:6])


def test_answers_have_no_field_but_these(day: Day) -> None:
    told = [json.loads(body) for _, body in day.answers]
    names = {name for one in told for name in names_in(one)}
    assert {"profile", "agency_number"} <= names <= ANSWERS
    codes = {one["code"] for each in told for one in each.get("answers", [each])}
    assert {"accepted", "unknown_card", "bad_tap"} <= codes


def test_nothing_of_a_person_lies_in_the_broker_s_files(day: Day) -> None:
    kept = b"".join(one.read_bytes() for one in day.files.rglob("*") if one.is_file())
    assert b"citycard" in kept
    assert_says_nothing_of_anybody(kept, ANOTHERS[:6], OWN[:6])
