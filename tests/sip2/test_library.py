"""An independent client before the proxy, a whole city in it, and a moody library behind it."""

import asyncio
import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from Sip2.sip2 import Sip2

from citycard.adapters.ils.books import OWN_PATRONS, Books
from citycard.adapters.ils.server import DemoLibraryServer
from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.cards.ports import LibraryPatron
from citycard.infra.database import give_back_connection, rows, scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import SYSTEM
from citycard.portals.sip2.patrons import THREADS, NoSuchProxy, Patrons
from citycard.wallet import api as wallet
from tests.harness.cities import City
from tests.harness.patience import PATIENCE_S
from tests.sip2.desk import Loop, Terminal, proxied
from tests.taps.town import Town

NAME = "王𠮷祥堃"
NUMBER = "L100000017"


@pytest.fixture(scope="module")
def town(city: City) -> Town:
    return Town()


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    found = Loop()
    yield found
    found.end()


@pytest.fixture(scope="module")
def device(town: Town) -> agencies.EnrolledDevice:
    return town.reader("library-loan", "library")


@contextmanager
def at_work(device: agencies.EnrolledDevice) -> Iterator[Patrons]:
    """Patrons of a proxy; each of its threads has a connection, which would hold the database."""
    found = Patrons(device.code, str(device.key))
    found.start()
    try:
        yield found
    finally:
        together = threading.Barrier(THREADS)

        def leave() -> None:
            together.wait(PATIENCE_S)
            give_back_connection()

        for _ in range(THREADS):
            found._threads.submit(leave)
        found._stop.set()
        found._threads.shutdown(wait=True)


@pytest.fixture(scope="module")
def patrons(device: agencies.EnrolledDevice, loop: Loop) -> Iterator[Patrons]:
    with at_work(device) as found:
        yield found


@pytest.fixture
def books(tmp_path: Path) -> Books:
    found = Books(tmp_path / "library.sqlite")
    found.enter_patrons([LibraryPatron(number=NUMBER, name=NAME)])
    return found


@pytest.fixture(scope="module")
def reader_card(town: Town) -> tuple[int, str]:
    """A member whom the library knows, and their card."""
    [member] = town.residents(1)
    town.library_numbers("library", (member, NUMBER))
    return member, town.card(member)


@contextmanager
def client(port: int, patron: str, logs: Path) -> Iterator[Any]:
    """The client of PyPI's Sip2, as a vendor would use it."""
    found = Sip2()
    found.hostName, found.hostPort, found.tlsEnable = "127.0.0.1", port, False
    found.socketTimeout, found.loglevel, found.institutionId = 10, "CRITICAL", "市立圖書館"
    found.patron, found.logfile_path = patron, str(logs)
    found.connect()
    yield found
    found.disconnect()


def asked(sip: Any, name: str, *args: Any) -> Any:
    """Ask by the client's own methods, and read the answer as it does."""
    message = getattr(sip, f"sip_{name}_request")(*args)
    return getattr(sip, f"sip_{name}_response")(sip.get_response(message))


def test_an_independent_client_lends_a_book_through_a_moody_library(
    reader_card: tuple[int, str], patrons: Patrons, books: Books, loop: Loop, tmp_path: Path
) -> None:
    _, card = reader_card
    books.switch(latency_ms=60, split=3)
    library = DemoLibraryServer(books)
    library.heard = []
    before = scalar("SELECT count(*) FROM people_access_record")
    with proxied(library, patrons, loop=loop) as port, client(port, card, tmp_path) as sip:
        assert asked(sip, "login", "terminal-1", "secret")["fixed"]["Ok"] == "1"
        assert asked(sip, "sc_status")["fixed"]["OnlineStatus"] == "Y"
        patron = asked(sip, "patron_information", "charged")
        assert patron["variable"]["AE"] == [NAME]
        assert patron["variable"]["AA"] == [card]
        assert patron["variable"]["BL"] == ["Y"]
        assert "紅樓夢" in asked(sip, "item_information", "B00000001")["variable"]["AJ"]
        lent = asked(sip, "checkout", "B00000001")
        assert lent["fixed"]["Ok"] == "1"
        assert lent["variable"]["AA"] == [card]
        books.switch(drop=1)  # every answer is lost now, and its connection with it
        lost = asked(sip, "checkout", "B00000002")
        assert (lost["fixed"]["Ok"], lost["variable"]["AA"]) == ("0", [card])
        books.switch(drop=0)
        loans = asked(sip, "patron_information", "charged")["variable"]["AU"]
        assert [one[:9] for one in loans] == ["B00000001", "B00000002"]  # lent, once each
        assert asked(sip, "checkin", "B00000001")["fixed"]["Ok"] == "1"
        assert asked(sip, "end_patron_session")["fixed"]["EndSession"] == "Y"
    heard = b"".join(library.heard)
    assert card.encode() not in heard
    assert heard.count(b"ABB00000002|") == 1
    assert heard.count(b"|AA" + NUMBER.encode() + b"|") == 5
    assert scalar("SELECT count(*) FROM people_access_record") == before + 5
    [record] = rows("SELECT actor_id, purpose FROM people_access_record ORDER BY id DESC LIMIT 1")
    assert (record.purpose, record.actor_id.startswith("device:")) == ("agency-conversion", True)


def test_the_record_stands_before_the_number_leaves(
    reader_card: tuple[int, str], patrons: Patrons, books: Books, loop: Loop
) -> None:
    """When the library hears a number, the access record is committed already."""
    counted: list[int] = []

    class Watching(DemoLibraryServer):
        async def _answer(self, counter: Any, line: bytes, writer: Any) -> None:
            counted.append(await asyncio.to_thread(_records))
            await super()._answer(counter, line, writer)

    before = _records()
    with proxied(Watching(books), patrons, loop=loop) as port:
        terminal = Terminal(port)
        terminal.ask(b"9300CNterminal|COpw|\r")
        answer = terminal.ask(f"2300120261121    083000AO|AA{reader_card[1]}|\r".encode())
        terminal.close()
    assert NAME.encode() in answer
    assert counted == [before, before + 1]


def test_who_is_refused_and_who_passes(
    town: Town, patrons: Patrons, books: Books, loop: Loop
) -> None:
    stranger, loser = town.residents(2)
    not_linked, lost = town.card(stranger), town.card(loser)
    town.library_numbers("library", (loser, "L100000033"))
    with unit_of_work():
        cards.report_lost(card_id=town.card_id(lost), actor=SYSTEM, now=dt.datetime.now(dt.UTC))
    library = DemoLibraryServer(books)
    library.heard = []

    def screen(number: str) -> bytes:
        return terminal.ask(f"6301920261121    083000{'':10}AO|AA{number}|\r".encode())

    with proxied(library, patrons, loop=loop) as port:
        terminal = Terminal(port)
        terminal.ask(b"9300CNterminal|COpw|\r")
        assert "您還不是本館讀者".encode() in screen(not_linked)
        assert "這張卡已停用".encode() in screen(lost)
        assert "查無這張卡".encode() in screen("9999999999999999")
        assert len(library.heard) == 1
        own = screen(OWN_PATRONS[0].number)  # no card of the city's: the library's own
        assert OWN_PATRONS[0].name.encode() in own
        terminal.close()
    heard = b"".join(library.heard)
    assert not any(number.encode() in heard for number in (not_linked, lost, "L100000033"))


def test_a_code_on_a_phone_lends_too_and_only_once(
    town: Town, patrons: Patrons, books: Books, loop: Loop, reader_card: tuple[int, str]
) -> None:
    member, _ = reader_card
    card_id = town.card_id(reader_card[1])
    shown = _shown(member, card_id)
    with proxied(DemoLibraryServer(books), patrons, loop=loop) as port:
        terminal, other = Terminal(port), Terminal(port)
        for one in (terminal, other):
            one.ask(b"9300CNterminal|COpw|\r")
        for code in (shown.square, shown.line):
            asked_for = f"2301920261121    083000AO|AA{code}|\r".encode()
            answers = [terminal.ask(asked_for) for _ in range(2)]
            assert all(NAME.encode() in answer for answer in answers)
            assert all(f"|AA{code}|".encode() in answer for answer in answers)
            assert "行動條碼已使用過".encode() in other.ask(asked_for)
        terminal.close()
        other.close()


def _records() -> int:
    try:
        return int(scalar("SELECT count(*) FROM people_access_record"))
    finally:
        give_back_connection()


def _shown(member: int, card_id: int) -> wallet.Shown:
    access = Access(
        subjects=frozenset({member}),
        fields=frozenset({"cards"}),
        purpose="own",
        actor=SYSTEM,
        record_id=None,
    )
    with unit_of_work():
        return wallet.show(
            access=access, card_id=card_id, member_id=member, now=dt.datetime.now(dt.UTC)
        )


def test_a_city_that_is_away_is_said_and_own_cards_go_on(
    patrons: Patrons,
    books: Books,
    loop: Loop,
    reader_card: tuple[int, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(**_: Any) -> Any:
        raise OperationalError("server closed the connection unexpectedly")

    with proxied(DemoLibraryServer(books), patrons, loop=loop) as port:
        terminal = Terminal(port)
        terminal.ask(b"9300CNterminal|COpw|\r")
        monkeypatch.setattr("citycard.portals.sip2.patrons.convert_scanned", away)
        refused = terminal.ask(f"2301920261121    083000AO|AA{reader_card[1]}|\r".encode())
        assert "市民卡系統暫時無法連線".encode() in refused
        monkeypatch.undo()
        assert NAME.encode() in terminal.ask(
            f"2301920261121    083000AO|AA{reader_card[1]}|\r".encode()
        )
        terminal.close()


def test_a_revoked_proxy_converts_nothing_and_passes_the_rest(
    town: Town, books: Books, loop: Loop, reader_card: tuple[int, str]
) -> None:
    device = town.reader("library-loan", "library")
    assert device.device_id is not None
    with (
        at_work(device) as known,
        proxied(DemoLibraryServer(books), known, loop=loop) as port,
    ):
        terminal = Terminal(port)
        terminal.ask(b"9300CNterminal|COpw|\r")
        with unit_of_work():
            agencies.revoke_device(
                device_id=device.device_id, actor=SYSTEM, now=dt.datetime.now(dt.UTC)
            )
        asked_for = f"2301920261121    083000AO|AA{reader_card[1]}|\r".encode()
        for _ in range(2):
            assert "這台設備目前不受理市民卡".encode() in terminal.ask(asked_for)
            known._look()  # and so it stays once the proxy has looked
        assert terminal.ask(b"9900802.00\r")[:3] == b"98Y"
        terminal.close()
    with pytest.raises(NoSuchProxy):
        Patrons(device.code, "another key").start()
