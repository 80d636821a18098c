"""`citycard up` as an operator meets it: it opens loopback only, stops cleanly, leaves nothing."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from citycard.infra.postgres.place import state_root
from tests.harness.live import five_free_ports
from tests.harness.patience import PATIENCE_S, wait_until

pytestmark = pytest.mark.slow


class Up:
    """One run of `citycard up` on a state directory of its own."""

    def __init__(self, state: Path, port: int) -> None:
        self.port = port
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("CITYCARD_", "DATABASE"))}
        self.environment = kept | {"CITYCARD_STATE": str(state)}
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "citycard.config.command", "up", "--demo"),
                *("--city", "taoyuan", "--port", str(port), "--residents", "60"),
            ],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said = ""

    def wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if line.startswith("Ctrl-C"):
                return
        raise AssertionError(f"it ended before it was ready:\n{self.said}")

    def family(self) -> set[int]:
        """Return the pids of everything that runs for this state directory."""
        return {
            int(directory.name)
            for directory in Path("/proc").iterdir()
            if directory.name.isdigit() and self._is_ours(directory)
        }

    def _is_ours(self, directory: Path) -> bool:
        try:
            command = (directory / "cmdline").read_bytes()
            environment = (directory / "environ").read_bytes()
        except OSError:
            return False
        state = self.environment["CITYCARD_STATE"].encode()
        return bool(command) and (state in command or state in environment)

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        assert self.process.stdout is not None
        self.said += self.process.stdout.read()
        self.process.stdout.close()
        return self.process.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def up() -> Iterator[Callable[[], Up]]:
    state = state_root() / f"up-{os.getpid()}"
    port = five_free_ports()
    runs: list[Up] = []

    def start() -> Up:
        runs.append(Up(state, port))
        return runs[-1]

    yield start
    for run in runs:
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait()
        assert run.process.stdout is not None
        run.process.stdout.close()
    wait_until(lambda: not runs[-1].family())
    shutil.rmtree(state)


def listening(pids: set[int]) -> set[str]:
    """Return the local addresses that these processes listen on (TCP, both families)."""
    inodes = set()
    for pid in pids:
        for entry in Path(f"/proc/{pid}/fd").glob("*"):
            target = ""
            with suppress(OSError):  # it was closed, or its process has ended meanwhile
                target = os.readlink(entry)
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                found.add(fields[1].split(":")[0])
    return found


def test_it_says_ready_and_listens_on_loopback_only(up: Callable[[], Up]) -> None:
    run = up()
    run.wait_until_ready()
    assert f"http://127.0.0.1:{run.port}/" in run.said
    assert httpx.get(f"http://127.0.0.1:{run.port}/health").json() == {"status": "ok"}
    assert "citycard_up 1.0" in httpx.get(f"http://127.0.0.1:{run.port}/metrics").text
    assert listening(run.family()) == {"0100007F"}
    assert run.end(signal.SIGINT) == 0
    assert "data is kept" in run.said
    wait_until(lambda: not run.family())


def test_a_second_run_of_the_same_city_is_told_so(up: Callable[[], Up]) -> None:
    run = up()
    run.wait_until_ready()
    second = up()
    assert second.process.wait(PATIENCE_S) == 3
    assert second.process.stdout is not None
    assert "up already" in second.process.stdout.read()
    assert httpx.get(f"http://127.0.0.1:{run.port}/health").status_code == 200
    assert run.end(signal.SIGTERM) == 0
    wait_until(lambda: not run.family())


def test_what_falls_is_started_again(up: Callable[[], Up]) -> None:
    run = up()
    run.wait_until_ready()
    database = [pid for pid in run.family() if b"postgres\0-D" in command_of(pid)]
    doors = [pid for pid in run.family() if b"config.wsgi" in command_of(pid)]
    for pid in [*database, *doors]:
        with suppress(ProcessLookupError):  # it ends with its parent
            os.kill(pid, signal.SIGKILL)

    def well() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{run.port}/health").status_code == 200
        except httpx.HTTPError:
            return False

    wait_until(well)
    assert run.end(signal.SIGINT) == 0
    wait_until(lambda: not run.family())


def test_a_kill_9_of_the_parent_leaves_nothing_behind(up: Callable[[], Up]) -> None:
    run = up()
    run.wait_until_ready()
    run.end(signal.SIGKILL)
    wait_until(lambda: not run.family())


def command_of(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""  # it has ended meanwhile
