"""The library's own system, over one connection a terminal: asked, waited for, found again."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable

import structlog

from citycard.portals.sip2.framing import LONGEST_ANSWER, Framer, LineTooLong, ends_of
from citycard.portals.sip2.messages import is_answer_to

log = structlog.get_logger(__name__)

CONNECT_WITHIN_S = 3.0
FIRST_REST_S = 0.5
LONGEST_REST_S = 15.0
_CHUNK = 16 * 1024


class LibraryAway(Exception):
    """The library's system can't be reached now; nothing was sent."""


class AnswerLost(Exception):
    """A question went out, and its answer didn't come: what became of it is not known."""


class Line:
    """One connection: one question at a time, so that an answer is always the last question's."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        unasked: Callable[[bytes], None],
    ) -> None:
        self._writer = writer
        self._unasked = unasked
        self._answer: asyncio.Future[bytes] | None = None
        self._question = b""
        self.is_open = True
        self._task = asyncio.create_task(self._read(reader))

    async def ask(self, message: bytes, *, within_s: float) -> bytes:
        """Send a question and return its answer.

        :raises AnswerLost: the connection fell, or no answer came in time; it is closed, so that a
            late answer is never taken for another's
        """
        self._answer, self._question = asyncio.get_running_loop().create_future(), message
        try:
            async with asyncio.timeout(within_s):
                self._writer.write(message)
                await self._writer.drain()
                return await self._answer
        except (OSError, TimeoutError) as why:
            self.close()
            raise AnswerLost from why
        finally:
            self._answer = None

    def send(self, data: bytes) -> None:
        """Send bytes that have no answer."""
        if self.is_open:
            self._writer.write(data)

    def close(self) -> None:
        """Hang up."""
        self.is_open = False
        self._task.cancel()
        self._writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        framer = Framer(LONGEST_ANSWER)
        try:
            while data := await reader.read(_CHUNK):
                for message in framer.feed(data):
                    self._take(message)
        except LineTooLong:
            log.warning("sip2.answer_too_long")
        except OSError:
            pass
        finally:
            self.is_open = False
            self._writer.close()
            if self._answer is not None and not self._answer.done():
                self._answer.set_exception(ConnectionResetError())

    def _take(self, message: bytes) -> None:
        waits = self._answer is not None and not self._answer.done()
        if waits and ends_of(message)[0] and is_answer_to(self._question, message):
            assert self._answer is not None
            self._answer.set_result(message)
        else:
            self._unasked(message)


class Library:
    """Where the library's system is, and whether it is worth trying."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self._rest_s = 0.0
        self._again_at = 0.0

    @property
    def is_resting(self) -> bool:
        """Tell whether it failed just now, and nobody tries again yet."""
        return time.monotonic() < self._again_at

    async def connect(self, *, unasked: Callable[[bytes], None]) -> Line:
        """Open a connection.

        :raises LibraryAway: it can't be reached, or couldn't a moment ago
        """
        if self.is_resting:
            raise LibraryAway
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                reader, writer = await asyncio.open_connection(self.host, self.port)
        except (OSError, TimeoutError) as why:
            self.rest()
            raise LibraryAway from why
        self._rest_s = 0.0
        keep_alive(writer)
        return Line(reader, writer, unasked=unasked)

    def rest(self) -> None:
        """Leave it alone for a while, longer each time."""
        self._rest_s = min(LONGEST_REST_S, self._rest_s * 2 or FIRST_REST_S)
        self._again_at = time.monotonic() + self._rest_s
        log.warning("sip2.library_away", again_in_s=self._rest_s)


def keep_alive(writer: asyncio.StreamWriter) -> None:
    """Have the network notice a partner that is gone, while a line is idle for hours."""
    found = writer.get_extra_info("socket")
    if found is not None:
        with contextlib.suppress(OSError):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 120)
