"""`citycard worker` ends when it is told to, with its database there or gone."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.harness.cities import DurableCity
from tests.harness.patience import PATIENCE_S, wait_until

pytestmark = pytest.mark.slow


@contextmanager
def worker(city: DurableCity, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Have a worker that has taken up its work."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "citycard.config.command", "worker"],
            env=city.database.environment(),
            stdout=file,
            stderr=file,
        )
    try:
        _wait_until_at_work(process, city, log)
        yield process
    finally:
        process.kill()
        process.wait()


def _wait_until_at_work(process: "subprocess.Popen[bytes]", city: DurableCity, log: Path) -> None:
    """It has taken up its work when it is known to listen for jobs."""

    def known() -> list[object]:
        assert process.poll() is None, log.read_text()
        return city.database.owner_sql("SELECT id FROM procrastinate_workers")

    wait_until(known, what="a worker that listens for jobs")


def test_a_worker_ends_when_told_to(durable_city: DurableCity, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with worker(durable_city, log) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0, log.read_text()
    assert durable_city.database.owner_sql("SELECT id FROM procrastinate_workers") == []


def test_a_worker_that_waits_for_a_lost_database_ends_when_told_to(
    durable_city: DurableCity, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    with worker(durable_city, log) as process:
        durable_city.cluster.kill()
        try:
            process.send_signal(signal.SIGTERM)
            # Each of a dozen subscribers would wait ten seconds for a connection, one by one, and
            # the jobs' runner thirty: who ends a city waits ten seconds and then kills.
            process.wait(60)
        finally:
            durable_city.cluster.start()
    assert "worker.left" in log.read_text()
