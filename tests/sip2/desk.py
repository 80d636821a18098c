"""A library for tests: terminals, the proxy and a library's system, on a loop in a thread."""

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from citycard.flows.scanning import Scanned
from citycard.portals.sip2.library import Library
from citycard.portals.sip2.server import Proxy
from tests.harness.patience import PATIENCE_S


class Server(Protocol):
    async def start(self, host: str, port: int) -> int: ...

    async def stop(self) -> None: ...


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE_S)

    def end(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE_S)
        self.loop.close()


class KnownPatrons:
    """Stands in for the city: what each scanned text becomes, and who asked."""

    def __init__(self, known: dict[str, Scanned] | None = None) -> None:
        self.known = known or {}
        self.uses: list[tuple[str, str]] = []

    async def number_for(self, text: str, *, use: str) -> Scanned:
        self.uses.append((text, use))
        await asyncio.sleep(0)
        return self.known.get(text, Scanned("own"))


class ScriptedLibrary:
    """A library's system that keeps every byte and answers as it is told."""

    def __init__(self, answer: Callable[[bytes], bytes | None]) -> None:
        self.answer = answer
        self.heard = b""
        self.connections = 0
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        self._server = await asyncio.start_server(self._serve, host, port)
        found: int = self._server.sockets[0].getsockname()[1]
        return found

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        held = b""
        try:
            while data := await reader.read(4096):
                self.heard += data
                held += data
                while b"\r" in held:
                    line, _, held = held.partition(b"\r")
                    answer = self.answer(line.strip(b"\n"))
                    if answer is None:
                        return
                    writer.write(answer)
        except OSError:
            pass
        finally:
            writer.close()


class Terminal:
    """A self-service terminal's end of a line."""

    def __init__(self, port: int) -> None:
        self.line = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self.held = b""

    def send(self, data: bytes) -> None:
        self.line.sendall(data)

    def answer(self) -> bytes:
        """The next message with what ends it."""
        while b"\r" not in self.held:
            data = self.line.recv(4096)
            if not data:
                raise EOFError(self.held)
            self.held += data
        found, _, self.held = self.held.partition(b"\r")
        return found + b"\r"

    def ask(self, data: bytes) -> bytes:
        self.send(data)
        return self.answer()

    def close(self) -> None:
        self.line.close()


@contextmanager
def proxied(
    behind: Server, patrons: Any, *, within_s: float = PATIENCE_S, loop: Loop | None = None
) -> Iterator[int]:
    """A proxy before a library; gives its port."""
    running = loop or Loop()
    port = running.run(behind.start("127.0.0.1", 0))
    proxy = Proxy(library=Library("127.0.0.1", port), patrons=patrons, answer_within_s=within_s)
    try:
        yield running.run(proxy.start("127.0.0.1", 0))
    finally:
        running.run(proxy.stop())
        running.run(behind.stop())
        if loop is None:
            running.end()
