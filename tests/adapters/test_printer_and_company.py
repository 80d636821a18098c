"""Printers and the card company: each adapter behind its port, and each way to fail."""

import json
import stat
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from citycard.adapters.card_company.demo import DemoCardCompany
from citycard.adapters.card_company.failing_demo import NoCardCompany
from citycard.adapters.card_company.http import HttpCardCompany
from citycard.adapters.printer.card_pdf import read_bitmap
from citycard.adapters.printer.cups import CupsCardPrinter
from citycard.adapters.printer.demo import DemoCardPrinter
from citycard.adapters.printer.failing_demo import NoCardPrinter
from citycard.adapters.printer.switches import Switches
from citycard.issuing import api as issuing
from citycard.issuing.ports import CardCompany, CardPrinter, NameRegistration, PrintOrder

ORDER = PrintOrder(
    key="a-key.1",
    counter="office-daan",
    bitmap=issuing.draw(face=issuing.CardFace(card_kind="senior", name="王小美")).png,
)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_DEMO_DELAY", "0")


@pytest.fixture
def switches(tmp_path: Path) -> Switches:
    return Switches(tmp_path / "switches.json")


def name(number: str = "1234567890123452", key: str = "k1") -> NameRegistration:
    return NameRegistration(key=key, card_number=number, name="王小美")


class TestDemoPrinter:
    def test_it_prints_exactly_the_bitmap_once(self, tmp_path: Path, switches: Switches) -> None:
        printer: CardPrinter = DemoCardPrinter(tmp_path, switches)
        first, again = printer.print_cards([ORDER]), printer.print_cards([ORDER])
        assert [each.state for each in (*first, *again)] == ["printed", "printed"]
        (pdf,) = tmp_path.glob("office-daan/*.pdf")
        assert read_bitmap(pdf) == issuing.pixels(png=ORDER.bitmap)
        assert "up" in printer.check()

    def test_a_fault_stays_a_fault_for_that_order(self, tmp_path: Path, switches: Switches) -> None:
        printer = DemoCardPrinter(tmp_path, switches)
        switches.switch("printer", "fault")
        (first,) = printer.print_cards([ORDER])
        switches.switch("printer", "up")
        (again,) = printer.print_cards([ORDER])  # the answer was lost, the order comes again
        assert [first.state, again.state] == ["fault", "fault"]
        assert printer.printed(ORDER.key) is None

    def test_switched_off_it_is_unreachable(self, tmp_path: Path, switches: Switches) -> None:
        switches.switch("printer", "down")
        for printer in (DemoCardPrinter(tmp_path, switches), NoCardPrinter()):
            with pytest.raises(OSError, match="printer"):
                printer.print_cards([ORDER])
            with pytest.raises(OSError, match="printer"):
                printer.check()

    def test_a_switch_that_is_not_there_is_refused(self, switches: Switches) -> None:
        with pytest.raises(ValueError, match="on fire"):
            switches.switch("printer", "on fire")
        assert switches.states() == {"printer": "up", "company": "up"}


class TestCups:
    """With programs of our own in the place of lp and lpstat."""

    @pytest.fixture
    def spool(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        spool = tmp_path / "spool"
        spool.mkdir()
        programs = tmp_path / "bin"
        programs.mkdir()
        write(
            programs / "lp",
            f'echo "$@" >> {spool}/sent; shift; queue=$1; touch {spool}/done-$queue-1;'
            " echo request id is $queue-1 '(1 file)'",
        )
        write(
            programs / "lpstat",
            f'case "$2" in completed) ls {spool} | sed -n s/^done-//p;;'
            f" not-completed) ls {spool} | sed -n s/^open-//p;; *) echo scheduler is running;;"
            " esac",
        )
        monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
        return spool

    def test_an_order_goes_to_its_counters_queue_once(self, tmp_path: Path, spool: Path) -> None:
        printer: CardPrinter = CupsCardPrinter("card-{counter}", tmp_path / "kept")
        for _ in range(2):
            (result,) = printer.print_cards([ORDER])
            assert result.state == "printed"
        (sent,) = (spool / "sent").read_text().splitlines()
        assert "-d card-office-daan -t citycard-a-key.1" in sent
        assert printer.check() == "scheduler is running"

    def test_a_job_that_vanished_is_a_fault(self, tmp_path: Path, spool: Path) -> None:
        printer = CupsCardPrinter("q", tmp_path / "kept")
        printer.print_cards([ORDER])
        (spool / "done-q-1").unlink()
        (result,) = printer.print_cards([ORDER])
        assert (result.state, result.why) == ("fault", "aborted")

    def test_a_job_that_never_ends_is_asked_for_again(self, tmp_path: Path, spool: Path) -> None:
        printer = CupsCardPrinter("q", tmp_path / "kept", patience_s=0.1)
        printer.print_cards([ORDER])
        (spool / "done-q-1").rename(spool / "open-q-1")
        with pytest.raises(TimeoutError):
            printer.print_cards([ORDER])

    def test_without_cups_it_is_unreachable(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(OSError, match="lp"):
            CupsCardPrinter("q", tmp_path / "kept").print_cards([ORDER])


def write(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


class TestDemoCompany:
    def test_it_takes_each_name_once(self, tmp_path: Path, switches: Switches) -> None:
        company = DemoCardCompany(tmp_path / "book.sqlite", switches)
        first, again = company.register_names([name()]), company.register_names([name()])
        assert first == again
        assert first[0].accepted
        assert company.count() == 1
        assert "王小美".encode() not in (tmp_path / "book.sqlite").read_bytes()
        assert b"1234567890123452" not in (tmp_path / "book.sqlite").read_bytes()

    def test_it_refuses_with_a_reason_and_takes_the_name_later(
        self, tmp_path: Path, switches: Switches
    ) -> None:
        company: CardCompany = DemoCardCompany(tmp_path / "book.sqlite", switches)
        switches.switch("company", "refusing")
        (refused,) = company.register_names([name()])
        assert (refused.accepted, refused.why) == (False, "name_not_readable")
        switches.switch("company", "up")
        (taken,) = company.register_names([name()])
        assert taken.accepted

    def test_switched_off_it_is_unreachable(self, tmp_path: Path, switches: Switches) -> None:
        switches.switch("company", "down")
        for company in (DemoCardCompany(tmp_path / "b.sqlite", switches), NoCardCompany()):
            with pytest.raises(OSError, match="company"):
                company.register_names([name()])


class TestHttpCompany:
    def company(self, answer: httpx.Response, seen: list[httpx.Request]) -> HttpCardCompany:
        def take(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            return answer

        company = HttpCardCompany("https://company.test/v1", "a-token")
        company._client = httpx.Client(
            base_url="https://company.test/v1",
            headers=company._client.headers,
            transport=httpx.MockTransport(take),
        )
        return company

    def test_it_sends_keys_and_reads_acknowledgements(self) -> None:
        seen: list[httpx.Request] = []
        said = [
            {"key": "k1", "accepted": True, "receipt": "R1"},
            {"key": "k2", "accepted": False, "why": "unknown_card"},
        ]
        company = self.company(httpx.Response(200, json={"acknowledgements": said}), seen)
        answers = company.register_names([name(), name("1234567890123460", "k2")])
        assert [(each.key, each.accepted, each.receipt, each.why) for each in answers] == [
            ("k1", True, "R1", ""),
            ("k2", False, "", "unknown_card"),
        ]
        sent = json.loads(seen[0].content)["registrations"]
        assert [row["key"] for row in sent] == ["k1", "k2"]
        assert seen[0].headers["Authorization"] == "Bearer a-token"

    @pytest.mark.parametrize(
        "answer",
        [
            httpx.Response(503),
            httpx.Response(200, text="<html>maintenance</html>"),
            httpx.Response(200, json={"acknowledgements": [{"key": "k1"}]}),
            httpx.Response(200, json=[]),
        ],
    )
    def test_any_other_answer_is_as_if_it_were_down(self, answer: httpx.Response) -> None:
        seen: list[httpx.Request] = []
        with pytest.raises(OSError, match="can't be used"):
            self.company(answer, seen).register_names([name()])


def test_every_adapter_speaks_its_port() -> None:
    printers: Sequence[type] = (DemoCardPrinter, NoCardPrinter, CupsCardPrinter)
    companies: Sequence[type] = (DemoCardCompany, NoCardCompany, HttpCardCompany)
    for adapters, port in ((printers, CardPrinter), (companies, CardCompany)):
        for adapter in adapters:
            for method in ("check", *(m for m in vars(port) if not m.startswith("_"))):
                assert callable(getattr(adapter, method)), (adapter, method)
