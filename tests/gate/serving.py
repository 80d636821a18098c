"""A gate in a process of its own, as it runs in a city."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from citycard.agencies import api as agencies
from citycard.config.command.programs import gate_command
from tests.faults.rig import Nursery, Process, free_port
from tests.harness.databases import Clone
from tests.harness.patience import PATIENCE_S, wait_until


@dataclass
class RunningGate:
    """A gate process and a client for it."""

    process: "subprocess.Popen[bytes]"
    client: httpx.Client
    log: Path

    def taps(self, reader: agencies.EnrolledDevice, body: Any) -> httpx.Response:
        """Upload as a reader."""
        return self.client.post("/taps", json=body, headers=authorization(reader))

    def kill(self) -> None:
        """Kill the whole gate as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass(frozen=True)
class StartedGate:
    """A gate that was kept ready and now lives, and a client for it."""

    process: Process
    client: httpx.Client

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self.process.kill()


def authorization(reader: agencies.EnrolledDevice) -> dict[str, str]:
    """Return the header that proves a reader."""
    return {"Authorization": f"Reader {reader.code}:{reader.key}"}


@contextmanager
def gate(
    database: Clone, log: Path, *, environment: dict[str, str] | None = None
) -> Iterator[RunningGate]:
    """Run a gate on a free port until the test is done with it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with log.open("ab") as out:
        process = subprocess.Popen(
            gate_command(port),
            env=database.environment() | {"CITYCARD_DB_POOL": "8"} | (environment or {}),
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S)
    try:
        _wait(process, client, log)
        yield RunningGate(process, client, log)
    finally:
        client.close()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(PATIENCE_S)


@contextmanager
def kept_ready(database: Clone, log: Path) -> Iterator[Nursery]:
    """Keep a gate of the database ready to be started as often as a test likes (`started`)."""
    nursery = Nursery("tests.gate.ready", database.environment(), log)
    try:
        yield nursery
    finally:
        nursery.close()


@contextmanager
def started(nursery: Nursery, *, fail_at: str = "") -> Iterator[StartedGate]:
    """Start a gate that was kept ready; it is killed at the end, if it didn't die before."""
    port = free_port()
    process = Process(nursery, {"GATE_PORT": str(port)})
    process.start(CITYCARD_FAILPOINT=fail_at)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S) as client:
        try:
            wait_until(lambda: _is_well(client), what="the gate")
            yield StartedGate(process, client)
        finally:
            process.kill()


def _is_well(client: httpx.Client) -> bool:
    try:
        return client.get("/health").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _wait(process: "subprocess.Popen[bytes]", client: httpx.Client, log: Path) -> None:
    def is_well() -> bool:
        assert process.poll() is None, log.read_text()[-3000:]
        return _is_well(client)

    wait_until(is_well, what="the gate")
