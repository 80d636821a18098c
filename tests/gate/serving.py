"""A gate in a process of its own, as it runs in a city."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from citycard.agencies import api as agencies
from tests.harness.databases import Clone


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
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--no-ws"]
    command += ["--port", str(port), "--log-level", "warning", "citycard.config.gate:application"]
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            env=database.environment() | {"CITYCARD_DB_POOL": "8"} | (environment or {}),
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10)
    try:
        _wait(process, client, log)
        yield RunningGate(process, client, log)
    finally:
        client.close()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=15)


def _wait(process: "subprocess.Popen[bytes]", client: httpx.Client, log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            if client.get("/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(log.read_text()[-3000:])
