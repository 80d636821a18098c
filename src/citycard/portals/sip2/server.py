"""The proxy as a process: terminals in front, the library behind, until SIGTERM."""

import asyncio
import signal
from dataclasses import dataclass

import structlog

from citycard.portals.sip2.library import Library
from citycard.portals.sip2.patrons import Patrons
from citycard.portals.sip2.session import ANSWER_WITHIN_S, Session

log = structlog.get_logger(__name__)

MOST_TERMINALS = 200


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where something listens."""

    host: str
    port: int

    @classmethod
    def read(cls, text: str) -> "Address":
        """Read ``host:port``.

        :raises ValueError: it is none
        """
        host, _, port = text.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError(f"“{text}” is no address; write it as host:port")
        return cls(host=host.strip("[]"), port=int(port))


class Proxy:
    """Takes terminals and gives each a session."""

    def __init__(
        self,
        *,
        library: Library,
        patrons: Patrons,
        answer_within_s: float = ANSWER_WITHIN_S,
        most_terminals: int = MOST_TERMINALS,
    ) -> None:
        self._library, self._patrons = library, patrons
        self._within_s, self._most = answer_within_s, most_terminals
        self._sessions: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port."""
        self._server = await asyncio.start_server(self._serve, host, port)
        found: int = self._server.sockets[0].getsockname()[1]
        log.info("sip2.open", port=found)
        return found

    async def stop(self) -> None:
        """Take no more terminals and hang up on all."""
        if self._server is not None:
            self._server.close()
        for session in list(self._sessions):
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)
        log.info("sip2.closed")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._sessions) >= self._most:
            log.warning("sip2.too_many_terminals")
            writer.close()
            return
        task = asyncio.current_task()
        assert task is not None
        self._sessions.add(task)
        try:
            await Session(
                reader,
                writer,
                library=self._library,
                patrons=self._patrons,
                answer_within_s=self._within_s,
            ).run()
        except asyncio.CancelledError:
            pass  # the proxy stops; a stream's task that ends cancelled would be logged as a fault
        except Exception:
            log.exception("sip2.session_failed")
        finally:
            self._sessions.discard(task)


async def serve(proxy: Proxy, address: Address) -> None:
    """Run the proxy until SIGTERM or SIGINT."""
    asked_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked_to_stop.set)
    await proxy.start(address.host, address.port)
    await asked_to_stop.wait()
    await proxy.stop()
