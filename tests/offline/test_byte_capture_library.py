"""All bytes between the city and a library: its own numbers and nothing of a person (MISSION X11).

Over SIP2 the library hears its own number in place of a card's or a phone's code, and what it says
of its readers is its own. An agency's system that asks the city's API learns its own number alone.
"""

import json
from typing import NamedTuple

import pytest
from django.test import Client

from citycard.adapters.ils.books import Books
from citycard.adapters.ils.server import DemoLibraryServer
from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.cards.ports import LibraryPatron
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import SYSTEM
from citycard.wallet import api as wallet
from tests.harness.cities import City
from tests.offline.overheard import (
    BehindALine,
    Overheard,
    assert_says_nothing_of_anybody,
    names_in,
    people_of,
)
from tests.sip2.desk import Loop, Terminal, proxied
from tests.sip2.test_library import at_work
from tests.taps.town import Town

OWN, ANOTHERS = "L10000{:04d}", "H20000{:04d}"
ITS_NAME = "王𠮷祥堃"
"""What the library calls a reader; the city has another name for the same person."""

AT = b"20261122    083000"
USED = 3
"""So many show a phone at the library, too; a code is used up by that."""

FIELDS = {
    "answers", "answer", "code", "agency_number", "status", "valid",
    "reader", "epoch", "seq", "points", "profile",
}  # fmt: skip


class Day(NamedTuple):
    """A library's day: its line, what its terminals were told, and the cards that were shown."""

    line: Overheard
    told: bytes
    numbers: list[str]
    codes: list[str]


@pytest.fixture(scope="module")
def town(city: City) -> Town:
    return Town()


@pytest.fixture(scope="module")
def members(city: City, town: Town) -> list[int]:
    found = people_of(city, town, 5)
    for agency, own in (("library", OWN), ("hospital", ANOTHERS)):
        town.library_numbers(agency, *((one, own.format(n)) for n, one in enumerate(found)))
    return found


@pytest.fixture(scope="module")
def numbers(town: Town, members: list[int]) -> list[str]:
    return town.cards(members)


@pytest.fixture(scope="module")
def day(
    town: Town,
    members: list[int],
    numbers: list[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Day:
    books = Books(tmp_path_factory.mktemp("library") / "library.sqlite")
    books.enter_patrons([LibraryPatron(number=OWN.format(n), name=ITS_NAME) for n in range(5)])
    codes = [_code(town, member, number) for member, number in zip(members, numbers, strict=True)]
    lost = numbers[-1]
    with unit_of_work():
        cards.report_lost(card_id=town.card_id(lost), actor=SYSTEM, now=clock.now())
    behind, loop = BehindALine(DemoLibraryServer(books)), Loop()
    with (
        at_work(town.reader("library-loan", "library")) as patrons,
        proxied(behind, patrons, loop=loop) as port,
    ):
        told = _shown(port, [*numbers, *codes[:USED], "9999999999999999"])
    loop.end()
    return Day(behind.line, told, numbers, codes)


def _code(town: Town, member: int, number: str) -> str:
    """What a phone shows of a card."""
    access = Access(
        subjects=frozenset({member}), fields=frozenset({"cards"}),
        purpose="own-data", actor=SYSTEM, record_id=None,
    )  # fmt: skip
    with unit_of_work():
        shown = wallet.show(
            access=access, card_id=town.card_id(number), member_id=member, now=clock.now()
        )
    return shown.line


def _shown(port: int, shown: list[str]) -> bytes:
    """Log in, look each up, lend it a book, take the book back; returns all that was answered."""
    terminal = Terminal(port)
    told = [terminal.ask(b"9300CNterminal|COpw|CPhere|\r"), terminal.ask(b"9900802.00\r")]
    for text in shown:
        patron, head = b"AO|AA" + text.encode() + b"|", AT + b" " * 10
        for message in (
            b"63019" + head + patron,
            b"23019" + AT + patron + b"AC|AD|",
            b"11YN" + AT + AT + patron + b"ABB00000001|AC|",
            b"09N" + AT + AT + b"AP|AO|ABB00000001|AC|",
            b"35" + AT + patron,
        ):
            told.append(terminal.ask(message + b"\r"))
    terminal.close()
    return b"".join(told)


def test_the_library_hears_its_own_numbers_and_nothing_of_anybody(day: Day) -> None:
    heard = day.line.to_server()
    assert heard.count(b"|AA" + OWN[:6].encode()) >= 3 * 7
    assert_says_nothing_of_anybody(
        heard, ANOTHERS[:6], *day.numbers, *day.codes, "9999999999999999"
    )


def test_a_lost_card_s_number_is_not_even_asked(day: Day) -> None:
    assert OWN.format(4).encode() not in day.line.to_server()


def test_what_terminals_are_told_of_a_person_is_what_the_library_said(day: Day) -> None:
    assert ITS_NAME.encode() in day.line.from_server()
    assert ITS_NAME.encode() in day.told
    assert_says_nothing_of_anybody(day.line.from_server(), ANOTHERS[:6])
    assert_says_nothing_of_anybody(day.told, ANOTHERS[:6])


def _asked(agency: str, *asked: tuple[str, object]) -> bytes:
    """Ask the city's API as a system of an agency; returns all that it answers."""
    with unit_of_work():
        system = agencies.connect_client(
            code=f"SYS-{agency}", agency=agency, actor=SYSTEM, now=clock.now()
        )
    proof = {"Authorization": f"Client {system.code}:{system.key}"}
    said = b""
    for n, (path, body) in enumerate(asked):
        answer = Client().post(
            f"/api/v1/{path}", json.dumps(body), content_type="application/json",
            headers=proof | {"Idempotency-Key": f"{agency}-{n}"},
        )  # fmt: skip
        said += answer.serialize()
        if answer.status_code == 200:
            assert names_in(answer.json()) <= FIELDS
    return said


def test_a_library_s_system_learns_its_own_number_and_no_more(
    town: Town, members: list[int], numbers: list[str], day: Day
) -> None:
    shown = [_card(one) for one in day.numbers]
    fresh = [{"code": _code(town, members[3], numbers[3])}, {"code": "CC1:nothing"}]
    said = _asked(
        "library",
        ("conversions", {"service": "library-loan", "cards": [*shown, *fresh]}),
        ("verifications", {"service": "library-loan", "cards": shown}),
        ("conversions", {"service": "library-loan", "cards": [{"code": 7}]}),
        ("conversions", {"service": "sports-visit", "cards": shown}),
    )
    assert said.count(OWN[:6].encode()) == 5, "four cards that are good, and one on a phone"
    assert_says_nothing_of_anybody(said, ANOTHERS[:6], *numbers)


def test_a_bus_company_s_system_learns_which_fare_and_no_more(
    town: Town, numbers: list[str], day: Day
) -> None:
    bus = town.reader("concession-ride", "public-transport").code
    taps = [
        {"reader": bus, "epoch": 1, "seq": n, "at": clock.now().isoformat(), "number": number}
        for n, number in enumerate(day.numbers, 1)
    ]
    said = _asked(
        "public-transport",
        ("verifications", {"service": "concession-ride", "cards": [_card(one) for one in numbers]}),
        ("taps", {"taps": taps}),
        ("taps", {"taps": [taps[0] | {"seq": 9, "number": "x" * 170}]}),
    )
    assert said.count(b"concession-fare") == said.count(b'"profile":"disability"') == 4
    assert_says_nothing_of_anybody(said, OWN[:6], ANOTHERS[:6], *numbers)


def _card(number: str) -> dict[str, str]:
    return {"issuer": "easycard", "number_kind": "printed", "number": number}
