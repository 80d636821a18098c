"""A broker and those who take taps from it, in processes of their own, as they run in a city."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from citycard.agencies import api as agencies
from tests.gate.serving import authorization
from tests.harness.databases import Clone
from tests.harness.patience import PATIENCE_S, wait_until

Answer = tuple[int, bytes]


class Broker:
    """nats-server with its files in a directory, so that it can be killed and come back."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"nats://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or start it again on the same files."""
        found = shutil.which("nats-server", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if found is None:
            pytest.skip("nats-server is not installed: tools/programs-for-tests")
        command = [found, "-js", "-sd", str(self.directory), "-a", "127.0.0.1"]
        command += ["-p", str(self.port)]
        with (self.directory / "broker.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(self._listens, what="the broker")

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it, by default as a power cut would."""
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(PATIENCE_S)


class Taker:
    """`citycard stream` on a test's database."""

    def __init__(self, database: Clone, broker: Broker, log: Path) -> None:
        self.environment = database.environment() | {
            "CITYCARD_STREAM_URL": broker.url,
            "CITYCARD_CITY": "taipei",
        }
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or start it again."""
        command = [sys.executable, "-m", "citycard.config.command", "stream"]
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=out, stderr=out, start_new_session=True
            )

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it; SIGKILL is a power cut."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, how)
            self.process.wait(PATIENCE_S)


@contextmanager
def broker_at(directory: Path) -> Iterator[Broker]:
    """Run a broker until the test is done with it."""
    broker = Broker(directory)
    broker.start()
    try:
        yield broker
    finally:
        if broker.process is not None and broker.process.poll() is None:
            broker.kill(signal.SIGTERM)


@contextmanager
def taker_of(database: Clone, broker: Broker, log: Path) -> Iterator[Taker]:
    """Take taps from a broker until the test is done with it."""
    taker = Taker(database, broker, log)
    taker.start()
    try:
        yield taker
    finally:
        taker.end()


class StreamReader:
    """A reader that publishes its taps and waits for answers at its inbox."""

    def __init__(self, device: agencies.EnrolledDevice, connection: Client) -> None:
        self.device = device
        self._connection = connection
        self._jetstream = connection.jetstream(timeout=PATIENCE_S)
        self._inbox = connection.new_inbox()
        self._waiting: dict[str, asyncio.Future[Answer]] = {}

    async def listen(self) -> None:
        """Listen at the inbox."""
        await self._connection.subscribe(self._inbox, cb=self._answered)

    async def send(
        self, body: Any, *, timeout: float = PATIENCE_S, headers: dict[str, str] | None = None
    ) -> Answer:
        """Publish a request and return its answer's status and body.

        :raises TimeoutError: none came
        """
        name = uuid.uuid4().hex
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[name] = answer
        told = {**authorization(self.device), "Nats-Msg-Id": name, "Answer-To": self._inbox}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            async with asyncio.timeout(timeout):
                subject = f"citycard.taps.{self.device.code}"
                await self._jetstream.publish(subject, data, headers=told | (headers or {}))
                return await answer
        finally:
            self._waiting.pop(name, None)

    async def _answered(self, message: Msg) -> None:
        said = message.headers or {}
        waiting = self._waiting.get(said["Answers"])
        if waiting is not None and not waiting.done():
            waiting.set_result((int(said["Status"]), message.data))


async def connected(broker: Broker) -> Client:
    """Return a connection of readers to a broker, whose streams may be made only in a moment."""
    connection = await nats.connect(
        broker.url, max_reconnect_attempts=-1, reconnect_time_wait=0.1, error_cb=_quiet
    )
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await connection.jetstream().consumer_info("citycard-taps", "citycard")
                return connection
            except Exception:  # noqa: BLE001 - there is none yet
                await asyncio.sleep(0.1)


async def _quiet(_why: Exception) -> None:
    """The broker is killed on purpose."""
