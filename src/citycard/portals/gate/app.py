"""The gate as an ASGI application: ``/taps``, ``/convert``, ``/snapshot``, ``/changes`` …"""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog

from citycard.flows import converting, tapping
from citycard.infra import clock
from citycard.infra.database import give_back_connection
from citycard.portals.gate import metrics, wire
from citycard.portals.gate.bodies import Receive, read_body
from citycard.portals.gate.gathering import Gatherer, is_away
from citycard.portals.gate.problems import GateProblem, Reply
from citycard.portals.gate.readers import STALE_S, Reader, ReaderTable
from citycard.portals.gate.snapshots import Shelves, since_of
from citycard.taps import api as taps

log = structlog.get_logger(__name__)

MOST_CONVERTING = 64
CONVERTERS = 2
AWAY_S = 5.0
"""The readers were last read longer ago than this: the database is away, and nobody has to wait."""

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Gate:
    """One process's gate: requests taken on the loop, written by threads, answered after commit."""

    def __init__(
        self, *, gatherer: Gatherer | None = None, readers: ReaderTable | None = None
    ) -> None:
        self.gatherer = Gatherer(tapping.take) if gatherer is None else gatherer
        self.readers = ReaderTable() if readers is None else readers
        self.shelves = Shelves()
        self._converting = 0
        self._converters = ThreadPoolExecutor(CONVERTERS, thread_name_prefix="gate-converter")
        self._routes: dict[str, tuple[str, Callable[[Scope, Receive], Awaitable[Reply]]]] = {
            "/taps": ("POST", self._taps),
            "/convert": ("POST", self._convert),
            "/snapshot": ("GET", self._snapshot),
            "/changes": ("GET", self._changes),
            "/health": ("GET", self._health),
            "/metrics": ("GET", self._metrics),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await _send(await self._reply(scope, receive), send)

    async def start(self) -> None:
        """Read the city's services and the readers, and start the writers."""
        await asyncio.to_thread(taps.service_table)  # before the first tap has to wait for it
        await asyncio.to_thread(self.readers.start)
        await asyncio.to_thread(self.shelves.start)
        self.gatherer.start()
        log.info("gate.open", readers=len(self.readers))

    async def stop(self) -> None:
        """Answer what waits, then end the threads."""
        await self.gatherer.stop()
        await asyncio.to_thread(self.readers.stop)
        await asyncio.to_thread(self.shelves.stop)
        await asyncio.to_thread(self._converters.shutdown)
        log.info("gate.closed")

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _reply(self, scope: Scope, receive: Receive) -> Reply:
        try:
            method, answer = self._routes.get(scope["path"], ("", _nothing_here))
            if method not in ("", scope["method"]):
                detail = f"{scope['path']} is asked with {method}."
                raise GateProblem(405, "wrong_method", detail)
            return await answer(scope, receive)
        except GateProblem as problem:
            metrics.REFUSED.labels(problem.code).inc()
            self.readers.refused(scope["headers"], problem)
            return problem.reply()
        except Exception:
            log.exception("gate.request_failed")
            metrics.REFUSED.labels("broken").inc()
            return GateProblem(500, "broken", "The gate made a mistake; send again later.").reply()

    async def _taps(self, scope: Scope, receive: Receive) -> Reply:
        reader, body = await self._authenticated(scope, receive)
        if self.readers.age_s > AWAY_S:
            raise _away()
        found, as_batch = wire.read_taps(body, reader)
        self.readers.heard(reader, scope["headers"], found[-1])
        reads = [tap for tap in found if isinstance(tap, taps.TapRead)]
        answers = await self.gatherer.take(reads) if reads else []
        if len(reads) == 1 and not as_batch:
            return Reply(200, wire.written_one(reads[0], answers[0]))
        told = [wire.tap_answer(read, answer) for read, answer in zip(reads, answers, strict=True)]
        if len(reads) < len(found):
            self._count_not_taken(reader, found)
            taken = iter(told)
            told = [
                wire.not_taken(tap) if isinstance(tap, wire.NotTaken) else next(taken)
                for tap in found
            ]
        return Reply(200, wire.written(told, key="answers", as_batch=as_batch))

    def _count_not_taken(self, reader: Reader, found: list[taps.TapRead | wire.NotTaken]) -> None:
        for tap in found:
            if isinstance(tap, wire.NotTaken):
                metrics.TAPS[tap.code].inc()
                if tap.code != taps.Code.READER_REVOKED:  # it waits in the reader, whole
                    self.readers.tap_not_taken(reader, tap.code.word)

    async def _convert(self, scope: Scope, receive: Receive) -> Reply:
        reader, body = await self._authenticated(scope, receive)
        if self.readers.age_s > STALE_S:
            raise _away()
        numbers, as_batch = wire.read_numbers(body, reader)
        if self._converting >= MOST_CONVERTING:
            raise GateProblem(429, "too_many_waiting", "Too many ask; ask again soon.", retry_s=1)
        self._converting += 1
        try:
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._converters, _converted, reader, numbers)
        finally:
            self._converting -= 1
        return Reply(200, wire.written(found, key="answers", as_batch=as_batch))

    async def _snapshot(self, scope: Scope, receive: Receive) -> Reply:
        reader, _ = await self._authenticated(scope, receive)
        return self.shelves.snapshot(reader, _header(scope, b"if-none-match"))

    async def _changes(self, scope: Scope, receive: Receive) -> Reply:
        reader, _ = await self._authenticated(scope, receive)
        since = since_of(scope["query_string"])
        return self.shelves.changes(reader, since, _header(scope, b"if-none-match"))

    async def _health(self, _scope: Scope, _receive: Receive) -> Reply:
        fresh = self.readers.age_s <= STALE_S
        said = {"status": "ok" if fresh else "database_away", "waiting": self.gatherer.waiting}
        return Reply(200 if fresh else 503, json.dumps(said).encode())

    async def _metrics(self, _scope: Scope, _receive: Receive) -> Reply:
        metrics.READERS.set(len(self.readers))
        metrics.READERS_AGE.set(self.readers.age_s)
        return Reply(200, metrics.exposed(), b"text/plain; version=0.0.4; charset=utf-8")

    async def _authenticated(self, scope: Scope, receive: Receive) -> tuple[Reader, bytes]:
        """Prove the reader before a byte of the body is read."""
        authorization = length = encoding = b""
        for name, value in scope["headers"]:
            if name == b"authorization":
                authorization = value
            elif name == b"content-length":
                length = value
            elif name == b"content-encoding":
                encoding = value
        reader = self.readers.authenticate(authorization, scope["headers"])
        return reader, await read_body(receive, length, encoding)


async def _nothing_here(_scope: Scope, _receive: Receive) -> Reply:
    detail = (
        "The gate has POST /taps, POST /convert, GET /snapshot, GET /changes, GET /health"
        " and GET /metrics."
    )
    raise GateProblem(404, "nothing_here", detail)


def _header(scope: Scope, wanted: bytes) -> bytes:
    return next((value for name, value in scope["headers"] if name == wanted), b"")


def _converted(reader: Reader, numbers: list[taps.CardRead]) -> list[dict[str, Any]]:
    try:
        found = converting.convert(
            device_id=reader.device_id, numbers=numbers, actor=reader.actor(), now=clock.now()
        )
    except Exception as why:
        give_back_connection()
        if is_away(why):
            raise _away() from why
        raise
    return [
        {"code": one.code.word}
        | ({"agency_number": one.agency_number} if one.agency_number is not None else {})
        | ({"status": one.status} if one.status else {})
        for one in found
    ]


def _away() -> GateProblem:
    return GateProblem(
        503, "database_away", "The city cannot be reached; send again soon.", retry_s=2
    )


async def _send(reply: Reply, send: Send) -> None:
    headers = [
        (b"content-type", reply.content_type),
        (b"content-length", str(len(reply.body)).encode()),
        (b"cache-control", b"no-store"),
        *reply.headers,
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
