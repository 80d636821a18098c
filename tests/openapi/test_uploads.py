"""Taps and an agency's own numbers, uploaded by its system."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from citycard.agencies import api as agencies
from citycard.infra import clock
from citycard.infra.database import rows, scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from tests.openapi.conftest import Person, System

Connect = Callable[..., System]


@pytest.fixture(scope="module")
def sports(connect: Connect) -> System:
    return connect("sports")


@pytest.fixture(scope="module")
def reader(connect: Connect) -> str:
    with unit_of_work():
        agencies.enrol_devices(
            devices=[
                agencies.NewDevice(
                    code=code, kind="reader", agency=agency, place="", service=service
                )
                for code, agency, service in (
                    ("GATE-1", "sports", "sports-visit"),
                    ("LIB-1", "library", "library-loan"),
                )
            ],
            actor=SYSTEM,
            now=clock.now() - dt.timedelta(days=2),
        )
    return "GATE-1"


def tap(seq: int, number: str, reader: str = "GATE-1", **rest: Any) -> dict[str, Any]:
    at = (clock.now() - dt.timedelta(minutes=5)).replace(microsecond=0).isoformat()
    return {"reader": reader, "epoch": 1, "seq": seq, "at": at, "number": number, **rest}


def stored() -> int:
    return int(scalar("SELECT count(*) FROM taps_tap"))


class TestTaps:
    """The one write path for taps, by a system's batch."""

    def test_a_batch_is_answered_and_sent_again_answered_the_same(
        self, sports: System, reader: str, adult: Person
    ) -> None:
        said = {"taps": [tap(1, adult.number), tap(2, "0" * 16)]}
        before = stored()
        first = sports.post("taps", said, key="batch-1")
        assert [one["code"] for one in first.json()["answers"]] == ["accepted", "unknown_card"]
        assert sports.post("taps", said, key="batch-1").content == first.content
        assert sports.post("taps", said, key="batch-2").content == first.content
        assert sports.post("taps", said).content == first.content
        assert stored() == before + 2

    def test_a_key_stands_for_one_batch(self, sports: System, reader: str, adult: Person) -> None:
        sports.ask("taps", {"taps": [tap(11, adult.number)]}, key="k-11")
        other = sports.post("taps", {"taps": [tap(12, adult.number)]}, key="k-11")
        assert other.status_code == 422
        assert (scalar("SELECT answer FROM infra_request_key WHERE key = 'k-11'")) is None

    def test_a_phones_code_is_taken_once_whoever_reads_it_next(
        self, sports: System, reader: str, adult: Person
    ) -> None:
        shown = adult.codes()
        now = clock.now().isoformat()
        said = [
            tap(21, shown.square, number_kind="virtual_code", at=now),
            tap(22, shown.square, number_kind="virtual_code", at=now),
            tap(23, shown.line, number_kind="virtual_code", at=now),
        ]
        told = [one["code"] for one in sports.ask("taps", {"taps": said})]
        assert told == ["accepted", "unknown_card", "accepted"]
        again = [one["code"] for one in sports.ask("taps", {"taps": said})]
        assert again == told

    def test_another_agencys_reader_and_a_bad_time_stop_the_whole_batch(
        self, sports: System, reader: str, adult: Person
    ) -> None:
        before = stored()
        bad = [
            tap(31, adult.number),
            tap(32, adult.number, reader="LIB-1"),
            tap(33, adult.number, reader="NO-SUCH"),
            tap(34, adult.number, at="yesterday"),
        ]
        answer = sports.post("taps", {"taps": bad}, key="bad")
        assert answer.status_code == 422
        assert [one["number"] for one in answer.json()["facts"]["taps"]] == [2, 3, 4]
        assert stored() == before
        mended = sports.post("taps", {"taps": bad[:1]}, key="bad")
        assert mended.status_code == 200, "nothing was taken under the key"

    def test_in_the_sandbox_nothing_is_kept(
        self, connect: Connect, reader: str, adult: Person
    ) -> None:
        system, before = connect("sports", sandbox=True), stored()
        points = rows("SELECT count(*) FROM ledger_transfer")
        test = tap(42, "BLOCKED", issuer="test")
        told = system.ask("taps", {"taps": [tap(41, adult.number), test]})
        assert [one["code"] for one in told] == ["accepted", "blocked"]
        assert stored() == before
        assert rows("SELECT count(*) FROM ledger_transfer") == points


class TestNumbers:
    """An agency's own numbers: a list whole or not at all."""

    def test_link_convert_and_take_back(self, connect: Connect, senior: Person) -> None:
        library = connect("library")
        said = {"numbers": [{"card_number": senior.number, "agency_number": "L200000028"}]}
        assert library.ask("numbers", said, key="n-1") == [{"code": "linked"}]
        assert library.ask("numbers", said, key="n-1") == [{"code": "linked"}], "the kept answer"
        assert library.ask("numbers", said, key="n-2") == [{"code": "as_before"}]
        asked = {"service": "library-loan", "cards": [senior.asked]}
        (told,) = library.ask("conversions", asked)
        assert told == {"code": "accepted", "agency_number": "L200000028", "status": "active"}
        away = {"numbers": ["L200000028", "L200000029"], "why": "left"}
        told_away = library.ask("numbers/removals", away, name="numberRemovals")
        assert told_away == [{"was_linked": True}, {"was_linked": False}]
        assert library.ask("conversions", asked) == [{"code": "not_linked"}]

    def test_a_line_that_cannot_be_stops_the_list(self, connect: Connect, adult: Person) -> None:
        library = connect("library")
        said = {
            "numbers": [
                {"card_number": adult.number, "agency_number": "L300000037"},
                {"card_number": "0" * 16, "agency_number": "L300000038"},
                {"card_number": adult.number, "agency_number": "nonsense"},
            ]
        }
        answer = library.post("numbers", said, key="n-9")
        assert answer.status_code == 422
        codes = {one["number"]: one["code"] for one in answer.json()["facts"]["lines"]}
        assert codes[2] == "no_member"
        assert codes[3] == "bad_number"
        asked = {"service": "library-loan", "cards": [adult.asked]}
        assert library.ask("conversions", asked) == [{"code": "not_linked"}]

    def test_a_list_in_the_sandbox_is_a_dry_run(self, connect: Connect, senior: Person) -> None:
        library = connect("library", sandbox=True)
        said = {"numbers": [{"card_number": senior.number, "agency_number": "L400000046"}]}
        for _ in range(2):
            assert library.ask("numbers", said) == [{"code": "linked"}]

    def test_an_agency_without_numbers_of_its_own(self, sports: System, adult: Person) -> None:
        said = {"numbers": [{"card_number": adult.number, "agency_number": "X1"}]}
        assert sports.post("numbers", said).status_code in (403, 422)
