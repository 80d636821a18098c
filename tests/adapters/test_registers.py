"""Every register adapter behind its port, by the same tests: answers, outage, hanging."""

import datetime as dt
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from citycard.adapters.demo_registers.book import Book
from citycard.adapters.demo_registers.rehearsing import DemoRegisterDesk
from citycard.adapters.household_registry.demo import DemoHouseholdRegister
from citycard.adapters.household_registry.failing_demo import FailingHouseholdRegister
from citycard.adapters.status_registers.demo import DemoStatusRegister
from citycard.adapters.status_registers.failing_demo import FailingStatusRegister
from citycard.infra import ports
from citycard.people.ports import (
    HouseholdEntry,
    HouseholdRegister,
    RegisterAnswer,
    RegisterQuestion,
    StatusEntry,
    StatusRegister,
)
from tests.harness.patience import wait_until

BIRTH = dt.date(1950, 3, 2)
KNOWN, SECRETIVE, STRANGER = "A123456789", "A800000014", "FA12345689"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_DEMO_DELAY", "0")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DemoRegisterDesk]:
    """Demo registers in which two people stand, wired behind the ports."""
    book = Book(tmp_path / "registers.sqlite")
    desk = DemoRegisterDesk(book)
    desk.enter_people(
        [
            HouseholdEntry(
                id_number=KNOWN,
                name="王台生",
                birth_on=BIRTH,
                detail={"registered_city": "taipei", "village": "南福里"},
            ),
            HouseholdEntry(id_number=SECRETIVE, name="林某", birth_on=BIRTH, answer="unknown"),
        ]
    )
    desk.enter_statuses(
        [
            StatusEntry(id_number=KNOWN, status="disability", detail={"valid_to": "2030-01-01"}),
            StatusEntry(id_number=SECRETIVE, status="disability", answer="unknown"),
        ]
    )
    ports.provide(HouseholdRegister, DemoHouseholdRegister(book), name="household", timeout_s=1.5)
    ports.provide(StatusRegister, DemoStatusRegister(book), name="status", timeout_s=1.5)
    yield desk
    for register in ("household", "status"):
        desk.switch(register, "up")


def question(number: str = KNOWN, name: str = "王臺生", born: dt.date = BIRTH) -> RegisterQuestion:
    return RegisterQuestion(query_id=7, id_number=number, name=name, birth_on=born)


def household(*questions: RegisterQuestion) -> Sequence[RegisterAnswer]:
    return ports.use(HouseholdRegister).look_up(questions)


def status(code: str, *questions: RegisterQuestion) -> Sequence[RegisterAnswer]:
    return ports.use(StatusRegister).look_up(code, questions)


@pytest.mark.parametrize(
    ("asked", "answer", "detail"),
    [
        # 臺 and 台 are one name
        (question(), "yes", {"registered_city": "taipei", "village": "南福里"}),
        (question(number="a123456789 "), "yes", {"registered_city": "taipei", "village": "南福里"}),
        (question(name="王小明"), "no", {"why": "differs", "differs": ["name"]}),
        (question(born=dt.date(1951, 3, 2)), "no", {"why": "differs", "differs": ["birth_on"]}),
        (question(number=SECRETIVE), "unknown", {"why": "unclear"}),
        (question(number=STRANGER), "unknown", {"why": "not_on_record"}),
    ],
)
def test_the_household_register_answers(
    desk: DemoRegisterDesk, asked: RegisterQuestion, answer: str, detail: dict
) -> None:
    assert household(asked) == [RegisterAnswer(query_id=7, answer=answer, detail=detail)]


@pytest.mark.parametrize(
    ("code", "number", "answer", "detail"),
    [
        ("disability", KNOWN, "yes", {"valid_to": "2030-01-01"}),
        ("low-income", KNOWN, "no", {}),
        ("disability", STRANGER, "no", {}),
        ("disability", SECRETIVE, "unknown", {"why": "unclear"}),
    ],
)
def test_a_status_register_answers(
    desk: DemoRegisterDesk, code: str, number: str, answer: str, detail: dict
) -> None:
    assert status(code, question(number)) == [
        RegisterAnswer(query_id=7, answer=answer, detail=detail)
    ]


@pytest.mark.parametrize("state", ["down", "hanging"])
@pytest.mark.parametrize("register", ["household", "status"])
def test_an_outage_is_a_refusal_in_time_and_ends_by_itself(
    desk: DemoRegisterDesk, register: str, state: str
) -> None:
    desk.switch(register, state)
    port = HouseholdRegister if register == "household" else StatusRegister
    with pytest.raises(ports.PortUnavailable):
        ports.use(port).check()
    with pytest.raises(ports.PortUnavailable):
        household(question()) if register == "household" else status("disability", question())
    assert desk.states()[register] == state
    desk.switch(register, "up")
    answers = household(question()) if register == "household" else status("disability", question())
    assert answers[0].answer == "yes"


def test_a_hanging_register_lets_go_when_it_is_mended(desk: DemoRegisterDesk) -> None:
    """The threads that hang in it come back: a long outage does not eat the port's places."""
    desk.switch("household", "hanging")
    for _ in range(2):
        with pytest.raises(ports.PortUnavailable):
            household(question())
    before = threading.active_count()
    desk.switch("household", "up")
    wait_until(lambda: threading.active_count() <= before, what="the threads to come back")
    assert household(question())[0].answer == "yes"


@pytest.mark.parametrize("way", ["refuses", "breaks_off", "hangs"])
def test_failing_demos_fail_as_the_port_says(way: str) -> None:
    failing_household = FailingHouseholdRegister(way, hangs_s=1.0)
    failing_status = FailingStatusRegister(way, hangs_s=1.0)
    ports.provide(HouseholdRegister, failing_household, name="household", timeout_s=0.2)
    ports.provide(StatusRegister, failing_status, name="status", timeout_s=0.2)
    with pytest.raises(ports.PortUnavailable):
        household(question())
    with pytest.raises(ports.PortUnavailable):
        status("disability", question())
    for adapter in (failing_household, failing_status):
        with pytest.raises(OSError, match="refuses"):
            adapter.check()


def test_the_book_holds_nobody_in_clear(desk: DemoRegisterDesk, tmp_path: Path) -> None:
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in (KNOWN, "王台生", "南福里", "1950-03-02"):
        assert secret.encode() not in content


def test_a_demo_register_takes_its_time(
    desk: DemoRegisterDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITYCARD_DEMO_DELAY", "0.2")
    began = time.monotonic()
    household(question())
    assert time.monotonic() - began >= 0.08


def test_an_unknown_switch_is_refused(desk: DemoRegisterDesk) -> None:
    with pytest.raises(ValueError, match="up"):
        desk.switch("household", "sideways")
    with pytest.raises(ValueError, match="registers"):
        desk.switch("library", "down")
