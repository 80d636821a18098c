"""A register that takes a question and never answers holds up nobody else."""

import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from citycard.applications import api as applications
from citycard.flows import applying, asking_registers
from citycard.infra import outbox, ports
from citycard.infra.database import rows, scalar
from citycard.infra.ports import provide
from citycard.people.ports import HouseholdRegister, RegisterAnswer, RegisterQuestion
from tests.flows.living import NOW, SYSTEM, answers, at_once, on_record, picture
from tests.harness.patience import PATIENCE_S

pytestmark = pytest.mark.city("taipei")
HOUSEHOLD, STATUS = asking_registers.LETTERS


class Hanging:
    """Says that it is well, takes the questions, and is never heard of again."""

    def __init__(self) -> None:
        self.mended = threading.Event()
        self.asked = threading.Event()

    def look_up(self, questions: Sequence[RegisterQuestion]) -> Sequence[RegisterAnswer]:
        """Hang."""
        self.asked.set()
        self.mended.wait(PATIENCE_S)
        raise TimeoutError("hung")

    def check(self) -> str:
        """Lie."""
        return "up"


@pytest.fixture
def hanging(city: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    monkeypatch.setenv("CITYCARD_DEMO_DELAY", "0")
    before = ports._ports[HouseholdRegister]
    register = Hanging()
    provide(HouseholdRegister, register, name="household register", timeout_s=1.0)
    yield register
    register.mended.set()
    ports._ports[HouseholdRegister] = before


def test_fifty_applications_wait_and_everything_else_goes_on(hanging: Hanging) -> None:
    papers = (("identity-card", picture()), ("photo", picture()))
    filled = [answers() for _ in range(50)]
    for each in filled:
        on_record(each)
    brought = applying.bring_in_many(
        new=[
            applications.NewApplication(
                form="taipei-card",
                services=("senior-rides", "health-service"),
                answers=each,
                documents=papers,
            )
            for each in filled
        ],
        actor=SYSTEM,
        now=NOW,
    )
    assert all(each.submitted for each in brought)

    seen: dict[str, Any] = {}

    def step(number: int) -> str:
        if number == 0:  # the thread that asks the household register
            outbox.drain_once(HOUSEHOLD, now=NOW)
            return "waited"
        assert hanging.asked.wait(PATIENCE_S)
        started = time.monotonic()
        while outbox.drain_once(STATUS, now=NOW):  # the thread of the status registers
            pass
        seen["statuses_s"] = time.monotonic() - started
        seen["in_transaction"] = scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
            " AND datname = current_database()"
        )
        return "went on"

    assert sorted(at_once(step)) == ["waited", "went on"]
    assert seen["in_transaction"] == 0, "a transaction was open while the register hung"
    answered = rows(
        "SELECT register LIKE 'household' AS household, count(*) FILTER (WHERE answer <> 'waiting')"
        " AS n FROM applications_check GROUP BY 1 ORDER BY 1"
    )
    assert [(one.household, one.n) for one in answered] == [(False, 100), (True, 0)]
    assert len(applications.waiting()) == 50
    assert {one.register for one in applications.waiting()} == {"household"}
