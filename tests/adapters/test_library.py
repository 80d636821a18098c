"""The demo library's own system: what it knows of a reader, and how it breaks on purpose."""

import datetime as dt
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from citycard.adapters.ils.books import LOAN_DAYS, MOST_RENEWALS, OWN_PATRONS, Books
from citycard.adapters.ils.demo import DemoLibraryDesk
from citycard.adapters.ils.failing_demo import NoLibrarySystem
from citycard.adapters.ils.server import DemoLibraryServer
from citycard.adapters.ils.sip2 import Sip2LibrarySystem
from citycard.adapters.ils.speaking import Counter
from citycard.cards.ports import LibraryPatron
from tests.sip2.desk import Loop

READER, OTHER = "T10000019", OWN_PATRONS[1].number
DATE = "20261121    083000"
TODAY = dt.date(2026, 11, 21)


@pytest.fixture
def books(tmp_path: Path) -> Books:
    found = Books(tmp_path / "library.sqlite")
    DemoLibraryDesk(found).enter_patrons([LibraryPatron(number=READER, name="王𠮷祥", pin="1234")])
    return found


@pytest.fixture
def counter(books: Books) -> Counter:
    found = Counter(books, today=lambda: TODAY)
    assert found.answer(b"9300CNterminal|COpw|") == b"941"
    return found


def ask(counter: Counter, text: str) -> str:
    return counter.answer(text.encode()).decode()


def lend(counter: Counter, item: str, reader: str = READER) -> str:
    return ask(counter, f"11YN{DATE}{DATE}AO|AA{reader}|AB{item}|AD1234|")


def information(counter: Counter, summary: int) -> str:
    asked = "".join("Y" if n == summary else " " for n in range(10))
    return ask(counter, f"63019{DATE}{asked}AO|AA{READER}|AD1234|")


def test_loans_renewals_holds_and_what_is_owed(counter: Counter, books: Books) -> None:
    due = (TODAY + dt.timedelta(days=LOAN_DAYS)).isoformat()
    assert lend(counter, "B00000001").startswith("121")
    assert f"AH{due}|" in lend(counter, "B00000001")  # again is the same loan
    assert lend(counter, "B00000001", OTHER).startswith("120")
    assert "AU" + "B00000001 紅樓夢" in information(counter, 2)
    renew = f"29NN{DATE}{DATE}AO|AA{READER}|ABB00000001|AD1234|"
    assert [ask(counter, renew)[:3] for _ in range(MOST_RENEWALS + 1)] == ["301", "301", "300"]
    assert ask(counter, f"65{DATE}AO|AA{READER}|AD1234|").startswith("66100000001")
    assert ask(counter, f"15+{DATE}AO|AA{OTHER}|ABB00000001|").startswith("161")
    assert books.patron(OTHER).holds == ("B00000001",)  # type: ignore[union-attr]
    assert f"AA{READER}|" in ask(counter, f"09N{DATE}{DATE}AP|AO|ABB00000001|")
    books.owe(READER, 350)
    assert "AV逾期滯還金 NT$350|" in information(counter, 3)
    assert "逾期滯還金未繳清" in lend(counter, "B00000002")
    assert ask(counter, f"37{DATE}0100TWDAO|AA{READER}|BV350|AD1234|").startswith("38Y")
    assert lend(counter, "B00000002").startswith("121")
    assert ask(counter, f"17{DATE}AO|ABB00000002|").startswith("1804")


def test_who_is_not_known_or_blocked_borrows_nothing(counter: Counter) -> None:
    assert "BLN|" in ask(counter, f"23019{DATE}AO|AANOBODY|")
    assert "BLN|" in ask(counter, f"23019{DATE}AO|AA{READER}|AD9|")  # a wrong PIN
    ask(counter, f"01N{DATE}AO|ALleft behind|AA{READER}|AD1234|")
    assert lend(counter, "B00000003").startswith("120")
    ask(counter, f"25{DATE}AO|AA{READER}|AD1234|")
    assert lend(counter, "B00000003").startswith("121")


def test_damaged_and_repeated_messages(counter: Counter) -> None:
    good = counter.answer(b"990 402.00AY1AZFCB4")
    assert good.startswith(b"98Y")
    assert counter.answer(b"97") == good
    assert counter.answer(b"990 402.00AY1AZFCB5") == b"96AZFEF6"


@pytest.fixture
def running(books: Books) -> Iterator[str]:
    loop, server = Loop(), DemoLibraryServer(books)
    port = loop.run(server.start("127.0.0.1", 0))
    yield f"127.0.0.1:{port}"
    loop.run(server.stop())
    loop.end()


def test_every_library_system_says_how_it_is(running: str, books: Books) -> None:
    assert "on line" in Sip2LibrarySystem(running).check()
    desk = DemoLibraryDesk(books)
    assert "up" in desk.check()
    assert "no library" in NoLibrarySystem().check()
    desk.switch(state="down")
    with pytest.raises(OSError, match=r"hung up|reset"):
        Sip2LibrarySystem(running).check()
    with pytest.raises(ConnectionError):
        desk.check()
    with pytest.raises(ValueError, match="colour"):
        desk.switch(colour="red")


def test_a_hanging_library_says_nothing(running: str, books: Books) -> None:
    books.switch(state="hanging")
    host, _, port = running.partition(":")
    with socket.create_connection((host, int(port)), timeout=0.3) as line:
        line.sendall(b"9900802.00\r")
        with pytest.raises(TimeoutError):
            line.recv(100)
