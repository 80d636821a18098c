"""Taps through a broker: the same requests as over HTTP, taken by the very same gate.

A message is a request to ``POST /taps``: its headers are the request's, its body is the body. The
gate in this process authenticates, reads, gathers and writes it as if it had come over HTTP, so the
answer is the same byte for byte; it goes to the subject that the header ``Answer-To`` names. A
message is acknowledged once its answer was sent; one that is handed out again meets the taps that
were taken and gets the stored answer. When the city can't take a message for the moment, it goes
back to the broker; when it never can, the message is put aside and the reader told why.
"""

import asyncio
import contextlib
import json
import re
import signal
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from citycard.portals.gate import broker
from citycard.portals.gate.app import Gate

log = structlog.get_logger(__name__)

ASK_S = 2
"""How long the broker may hold a question for more messages before it is asked again."""

MOST_TRIES = 5
"""A message that the gate fails over this often is put aside."""

LONGEST_WAIT_S = 30
STOP_WITHIN_S = 10
_AGAIN = frozenset({429, 503})
_ANSWERS_GO_TO = re.compile(r"(_INBOX|citycard\.answers)(\.[A-Za-z0-9_-]+)+")

Reply = tuple[int, dict[str, str], bytes]


class Streaming:
    """Takes messages from the broker until it is told to stop."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._stopping = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._left = 0
        self._answered = asyncio.Event()
        self._done = asyncio.Event()

    def stop(self) -> None:
        """Take no more, and end once what was taken is answered."""
        self._stopping.set()
        self._answered.set()

    async def run(self) -> None:
        """Connect, and take what there is until told to stop."""
        connection = await self._connect()
        if connection is None:
            return
        try:
            jetstream = connection.jetstream()
            self._jetstream, self._connection = jetstream, connection
            inbox = connection.new_inbox()
            await connection.subscribe(inbox, cb=self._arrived)
            await self._prepare(jetstream)
            log.info("gate.stream_open")
            while not self._stopping.is_set():
                await self._ask(connection, inbox)
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=STOP_WITHIN_S)
            with contextlib.suppress(NatsError, TimeoutError):
                await connection.flush(timeout=2)
        finally:
            await connection.close()
            log.info("gate.stream_closed")

    async def _connect(self) -> Client | None:
        """Connect to a broker that may come up only later; None: told to stop meanwhile."""
        while not self._stopping.is_set():
            try:
                return await broker.connect(patient=True)
            except (OSError, NatsError, TimeoutError):
                log.warning("gate.broker_away")
                await self._pause(1)
        return None

    async def _prepare(self, jetstream: JetStreamContext) -> None:
        while not self._stopping.is_set():
            try:
                await broker.prepare(jetstream)
                return
            except (NatsError, TimeoutError):
                log.warning("gate.broker_not_prepared", exc_info=True)
                await self._pause(1)

    async def _ask(self, connection: Client, inbox: str) -> None:
        """Ask the broker for as many messages as there is room for, and wait until they came."""
        room = broker.MOST_UNDER_WAY - len(self._under_way)
        if room <= 0:
            self._done.clear()
            await self._wait(self._done, ASK_S)
            return
        self._left = room
        self._answered.clear()
        asked = {"batch": room, "expires": ASK_S * 1_000_000_000}
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{broker.TAPS}.{broker.CONSUMER}"
        try:
            await connection.publish(subject, json.dumps(asked).encode(), inbox)
        except NatsError:
            await self._pause(0.25)
            return
        await self._wait(self._answered, ASK_S + 1)

    async def _arrived(self, message: Msg) -> None:
        """Take a message; what isn't one is the broker's word that no more come for now."""
        if not message.reply.startswith("$JS.ACK."):
            status = (message.headers or {}).get("Status", "")
            if status not in {"404", "408"}:
                log.warning("gate.broker_says", status=status)
                await self._prepare_again()
            self._answered.set()
            return
        self._left -= 1
        if self._left <= 0:
            self._answered.set()
        task = asyncio.create_task(self._serve(message))
        self._under_way.add(task)
        task.add_done_callback(self._served)

    async def _prepare_again(self) -> None:
        """A broker that lost its streams, or is being set up anew, gets them back."""
        await self._pause(0.25)
        with contextlib.suppress(NatsError, TimeoutError):
            await broker.prepare(self._jetstream)

    def _served(self, task: "asyncio.Task[None]") -> None:
        self._under_way.discard(task)
        self._done.set()
        if not task.cancelled() and (why := task.exception()) is not None:
            # Not acknowledged: the broker hands it out again.
            log.warning("gate.message_not_served", exc_info=why)

    async def _serve(self, message: Msg) -> None:
        status, headers, body = await asked(self._gate, message.headers or {}, message.data)
        tries = message.metadata.num_delivered or 1
        if status in _AGAIN or (status >= 500 and tries < MOST_TRIES):
            await message.nak(delay=min(2.0 ** min(tries - 1, 5), LONGEST_WAIT_S))
            return
        if status >= 400:
            problem = str(json.loads(body).get("code", status))
            log.warning("gate.message_refused", problem=problem, status=status)
            await broker.put_aside(self._jetstream, message, problem)
        await self._answer(message, status, headers, body)
        await message.ack()

    async def _answer(
        self, message: Msg, status: int, headers: dict[str, str], body: bytes
    ) -> None:
        """Send an answer to where the reader waits for it: to an inbox, and nowhere else."""
        said = message.headers or {}
        to = said.get("Answer-To", "")
        if _ANSWERS_GO_TO.fullmatch(to) is None:
            return
        told = {"Status": str(status), "Content-Type": headers.get("content-type", "")}
        if "Nats-Msg-Id" in said:
            told["Answers"] = said["Nats-Msg-Id"]
        await self._connection.publish(to, body, headers=told)

    async def _pause(self, seconds: float) -> None:
        await self._wait(self._stopping, seconds)

    @staticmethod
    async def _wait(event: asyncio.Event, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), seconds)


async def asked(gate: Gate, headers: dict[str, str], body: bytes) -> Reply:
    """Ask a gate in this process as HTTP would: ``POST /taps``; returns status, headers, body."""
    scope: MutableMapping[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/taps",
        "query_string": b"",
        "headers": [
            *(
                (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace"))
                for name, value in headers.items()
                if name.lower() != "content-length"
            ),
            (b"content-length", str(len(body)).encode()),
        ],
    }
    told: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(event: MutableMapping[str, Any]) -> None:
        told.append(event)

    application: Callable[..., Awaitable[None]] = gate
    await application(scope, receive, send)
    names = {name.decode(): value.decode() for name, value in told[0]["headers"]}
    return told[0]["status"], names, b"".join(event.get("body", b"") for event in told[1:])


async def stream(gate: Gate) -> None:
    """Run a gate on the broker until SIGTERM or Ctrl-C."""
    streaming = Streaming(gate)
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, streaming.stop)
    await gate.start()
    try:
        await streaming.run()
    finally:
        await gate.stop()
