"""A demo library's system on a port: as slow, as broken and as chopped as it is told."""

import asyncio
import signal
from pathlib import Path

from citycard.adapters.ils.books import Books
from citycard.adapters.ils.speaking import Counter

HANGS_S = 3600.0
LONGEST = 64 * 1024


class DemoLibraryServer:
    """Takes connections, and answers each line once its mood allows."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._answered = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.heard: list[bytes] | None = None
        """Every line that came, for tests that set it to a list."""

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port."""
        self._server = await asyncio.start_server(self._serve, host, port, limit=LONGEST)
        found: int = self._server.sockets[0].getsockname()[1]
        return found

    async def stop(self) -> None:
        """Hang up on all."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        counter = Counter(self._books)
        try:
            while line := await reader.readuntil(b"\r"):
                if self.heard is not None:
                    self.heard.append(line)
                await self._answer(counter, line.strip(b"\r\n"), writer)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            pass
        except asyncio.CancelledError:
            pass  # the library closes
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, counter: Counter, line: bytes, writer: asyncio.StreamWriter) -> None:
        mood = await asyncio.to_thread(self._books.mood)
        if mood.get("state") == "down":
            raise ConnectionResetError
        if mood.get("state") == "hanging":
            await asyncio.sleep(HANGS_S)
        await asyncio.sleep(int(mood.get("latency_ms", 0)) / 1000)
        answer = await asyncio.to_thread(counter.answer, line) + b"\r"
        self._answered += 1
        drop = int(mood.get("drop", 0))
        if drop and self._answered % drop == 0:
            raise ConnectionResetError
        await self._send(writer, answer, int(mood.get("split", 0)) or len(answer))

    async def _send(self, writer: asyncio.StreamWriter, answer: bytes, size: int) -> None:
        for at in range(0, len(answer), size):
            writer.write(answer[at : at + size])
            await writer.drain()
            if size < len(answer):
                await asyncio.sleep(0.001)


async def serve(path: Path, host: str, port: int) -> None:
    """Run a demo library until SIGTERM."""
    asked_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_stop.set)
    server = DemoLibraryServer(Books(path))
    await server.start(host, port)
    await asked_to_stop.wait()
    await server.stop()
