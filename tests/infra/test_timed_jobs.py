"""A timed job runs once at a time in the whole city, however many workers there are."""

import threading

import pytest

from citycard.infra import jobs
from citycard.infra.database import give_back_connection
from tests.harness.patience import PATIENCE_S

pytestmark = pytest.mark.usefixtures("city")


class Slow:
    """A job that is longer than its period."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.runs = 0

    def __call__(self, _now: object) -> None:
        self.runs += 1
        give_back_connection()  # its own connection comes and goes; the lock stays
        self.begun.set()
        assert self.go_on.wait(PATIENCE_S)


class Said(list[tuple[str, str]]):
    """A log that keeps what is said to it; the real one may have been bound by other tests."""

    def warning(self, event: str, *, job: str, why: str) -> None:
        assert why
        self.append((event, job))


def test_a_second_runner_skips_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, said = Slow(), Said()
    monkeypatch.setattr(jobs, "log", said)
    run = jobs._runner(jobs.Timed(name="slow", cron="* * * * *", run=slow))
    other = jobs._runner(jobs.Timed(name="other", cron="* * * * *", run=lambda _now: None))
    first = threading.Thread(target=run, args=(0,))
    first.start()
    try:
        assert slow.begun.wait(PATIENCE_S)
        run(0)
        other(0)
        assert slow.runs == 1
        assert said == [("worker.job_skipped", "slow")], "another job is not held up"
    finally:
        slow.go_on.set()
        first.join(PATIENCE_S)
    run(0)
    assert slow.runs == 2, "when the first is done, the next one runs"


def test_a_job_that_fails_lets_go() -> None:
    def fail(_now: object) -> None:
        raise ValueError("no")

    run = jobs._runner(jobs.Timed(name="failing", cron="* * * * *", run=fail))
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            run(0)
