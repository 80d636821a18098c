"""Card companies' loading files and account partners: each adapter behind its port."""

import datetime as dt
import json
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from citycard.adapters.account_partner.demo import DemoAccountPartner
from citycard.adapters.account_partner.failing_demo import NoAccountPartner
from citycard.adapters.account_partner.http import HttpAccountPartner
from citycard.adapters.card_company import loading_file
from citycard.adapters.card_company.demo_loadings import DemoLoadingRecords, Mischief
from citycard.adapters.card_company.dropped_files import DroppedLoadingFiles
from citycard.adapters.card_company.failing_demo import NoLoadingRecords
from citycard.adapters.card_company.loading_file import FileDamaged
from citycard.adapters.printer.switches import Switches
from citycard.infra import clock
from citycard.infra.packs import current_pack
from citycard.redemptions.ports import AccountPartner, Credit, LoadingRecord, LoadingRecords
from citycard_kiosk.writer import SimulatedWriter

DAY = dt.date(2026, 11, 20)
RECORDS = [
    LoadingRecord(
        reference=f"R{n}",
        terminal="KSK-01",
        card_number=f"{n:016}",
        counter=n + 1,
        ntd=50,
        purse_before=100,
        purse_after=150,
        at=dt.datetime(2026, 11, 20, 3, n % 60, tzinfo=dt.UTC),
    )
    for n in range(200)
]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_DEMO_DELAY", "0")


@pytest.fixture
def switches(tmp_path: Path) -> Switches:
    return Switches(tmp_path / "switches.json")


def dropped(tmp_path: Path) -> LoadingRecords:
    directory = tmp_path / "easycard"
    directory.mkdir()
    content = loading_file.write(RECORDS, partner="easycard", business_day=DAY)
    (directory / "20261120-1.csv").write_bytes(content)
    return DroppedLoadingFiles(tmp_path)


def demo(tmp_path: Path, **mischief: float) -> LoadingRecords:
    made = DemoLoadingRecords(
        tmp_path / "none.db",
        tmp_path / "book.sqlite",
        Switches(tmp_path / "switches.json"),
        Mischief(**{"late": 0, "repeated": 0} | mischief),  # type: ignore[arg-type]  # all shares
    )
    made.took("easycard", RECORDS)
    return made


def numbers(port: LoadingRecords, day: dt.date = DAY) -> list[str]:
    return [one.card_number for file in port.files_of("easycard", day) for one in file.records]


@pytest.mark.parametrize("make", [dropped, demo])
def test_a_days_loadings_come_whole_and_the_same_again(tmp_path: Path, make: Any) -> None:
    port = make(tmp_path)
    assert sorted(numbers(port)) == [one.card_number for one in RECORDS]
    first, again = (port.files_of("easycard", DAY)[0] for _ in range(2))
    assert (first.digest, first.business_day) == (again.digest, DAY)
    assert numbers(port, DAY - dt.timedelta(days=3)) == []
    assert "up" in port.check() or "readable" in port.check()


def test_a_company_that_is_not_there_says_so(tmp_path: Path, switches: Switches) -> None:
    gone = tmp_path / "gone"
    switches.switch("company", "down")
    demo_port = DemoLoadingRecords(gone, tmp_path / "b", switches)
    for port in (NoLoadingRecords(), DroppedLoadingFiles(gone), demo_port):
        with pytest.raises(OSError):  # noqa: PT011 - any way of not being there
            port.files_of("easycard", DAY)
        with pytest.raises(OSError):  # noqa: PT011 - as above
            port.check()


def test_a_demo_company_is_late_reordered_repeats_itself_and_loses_lines(tmp_path: Path) -> None:
    port = demo(tmp_path, late=0.2, repeated=0.2, missing=0.1)
    today, tomorrow = numbers(port), numbers(port, DAY + dt.timedelta(days=1))
    assert today != sorted(today)
    lost = {one.card_number for one in RECORDS} - set(today) - set(tomorrow)
    assert 8 < len(lost) < 35
    assert 20 < len(set(tomorrow) - set(today)) < 65  # late
    assert 20 < len(set(tomorrow) & set(today)) < 65  # twice
    assert numbers(port) == today


def test_the_demo_tells_what_a_simulated_card_really_took(tmp_path: Path) -> None:
    writer = SimulatedWriter(tmp_path / "cards.db", seconds=0)
    writer.lay_out([{"id": "1", "number": "9" * 16, "label": "x", "purse": 100, "counter": 5}])
    writer.put("1")
    placement = writer.placement()
    writer.load(number="9" * 16, amount_ntd=50, terminal="K", placement=placement)
    port = DemoLoadingRecords(
        tmp_path / "cards.db",
        tmp_path / "book.sqlite",
        Switches(tmp_path / "s.json"),
        Mischief(late=0, repeated=0),
    )
    today = current_pack().time.day(clock.now())
    ((one,),) = [file.records for file in port.files_of("easycard", today)]
    assert (one.counter, one.purse_before, one.purse_after, one.terminal) == (6, 100, 150, "K")


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-20],
        lambda text: text.replace("T,200,", "T,199,"),
        lambda text: text.replace(",50,100,150,", ",51,100,150,", 1),
        lambda text: text.replace("H,1,easycard", "H,2,easycard"),
        lambda text: text.replace("H,1,easycard", "H,1,ipass"),
        lambda text: text.replace("+00:00", "", 1),
        lambda text: "",
        lambda text: "D,1\n" + text,
    ],
)
def test_half_a_file_is_no_file(tmp_path: Path, damage: Any) -> None:
    port = dropped(tmp_path)
    path = tmp_path / "easycard" / "20261120-1.csv"
    path.write_text(damage(path.read_text()))
    with pytest.raises(FileDamaged):
        port.files_of("easycard", DAY)


# -- partners that credit accounts ----------------------------------------------------------------


def order(key: str = "k1", ntd: int = 100) -> Credit:
    return Credit(key=key, partner="bus-company", account="a" * 32, kind="bus-rides", ntd=ntd)


class Partner(ThreadingHTTPServer):
    """A partner's own service, with a demo partner's book behind it."""

    def __init__(self, book: DemoAccountPartner) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.book = book
        self.nonsense = False


class Answering(BaseHTTPRequestHandler):
    server: Partner

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._tell(self.server.book.credit([Credit(**one) for one in body["credits"]]))

    def do_GET(self) -> None:
        today = current_pack().time.day(clock.now())
        self._tell(self.server.book.answers_of("bus-company", today))

    def _tell(self, answers: Sequence[Any]) -> None:
        told = {"answers": [vars(one) for one in answers]} if not self.server.nonsense else {}
        content = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def book(tmp_path: Path, switches: Switches) -> DemoAccountPartner:
    return DemoAccountPartner(tmp_path / "accounts.sqlite", switches)


@pytest.fixture
def service(book: DemoAccountPartner) -> Iterator[Partner]:
    with Partner(book) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(params=["demo", "http"])
def partner(request: Any, book: DemoAccountPartner, service: Partner) -> AccountPartner:
    if request.param == "demo":
        return book
    return HttpAccountPartner(f"http://127.0.0.1:{service.server_address[1]}", "token")


def test_a_credit_is_made_once(partner: AccountPartner, book: DemoAccountPartner) -> None:
    first, again = partner.credit([order()]), partner.credit([order()])
    assert list(first) == list(again)
    assert (first[0].result, bool(first[0].receipt)) == ("credited", True)
    assert book.credited_ntd("a" * 32) == 100
    today = current_pack().time.day(clock.now())
    assert list(partner.answers_of("bus-company", today)) == list(first)


def test_a_partner_may_refuse(partner: AccountPartner, switches: Switches) -> None:
    switches.switch("company", "refusing")
    (answer,) = partner.credit([order("k2")])
    assert (answer.result, answer.why) == ("refused", "account_closed")


def test_a_partner_that_is_not_there_or_talks_nonsense(service: Partner, book: Any) -> None:
    service.nonsense = True
    there = HttpAccountPartner(f"http://127.0.0.1:{service.server_address[1]}", "token")
    gone = HttpAccountPartner("http://127.0.0.1:9", "token", timeout_s=0.2)
    for port in (there, gone, NoAccountPartner()):
        with pytest.raises(OSError):  # noqa: PT011 - any way of not being there
            port.credit([order()])
        with pytest.raises(OSError):  # noqa: PT011 - as above
            port.answers_of("bus-company", DAY)
    with pytest.raises(OSError):  # noqa: PT011 - as above
        NoAccountPartner().check()
