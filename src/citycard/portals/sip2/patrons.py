"""Who stands at the terminal: the library's own number for what was scanned, asked in a thread."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog

from citycard.agencies import api as agencies
from citycard.flows.scanning import Scanned, Scanner, convert_scanned
from citycard.infra import clock
from citycard.infra.database import give_back_connection, is_too_slow, is_unreachable
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor

log = structlog.get_logger(__name__)

THREADS = 4
MOST_WAITING = 64
WITHIN_S = 6.0
LOOK_S = 10.0
"""How often the proxy's own key is proven again, and the device noted as seen."""


class NoSuchProxy(Exception):
    """The key file proves no active device; the message says what to do."""


class Patrons:
    """Converts what terminals scan. The database's work is done by a few threads."""

    def __init__(self, code: str, key: str) -> None:
        self._code, self._key = code, key
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="sip2-converter")
        self._waiting = 0
        self._stop = threading.Event()
        self._scanner: Scanner | None = None

    def start(self) -> None:
        """Prove the proxy's key, and go on proving it in a thread.

        :raises NoSuchProxy: it proves nothing
        """
        self._look()
        if self._scanner is None:
            raise NoSuchProxy(
                f"The key of {self._code} proves no device that is in service; enrol it as a "
                "reader of the library's service, and put its code and key into the key file."
            )
        threading.Thread(target=self._keep_looking, name="sip2-device", daemon=True).start()

    def stop(self) -> None:
        """End the threads."""
        self._stop.set()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def number_for(self, text: str, *, use: str) -> Scanned:
        """Return what the library is to be told instead of what a terminal scanned.

        Refused as ``city_away`` while the city can't be asked, as ``busy`` while too many ask.
        """
        if self._scanner is None:
            return Scanned("refused", why="reader_revoked")
        if self._waiting >= MOST_WAITING:
            return Scanned("refused", why="busy")
        self._waiting += 1
        try:
            asked = asyncio.get_running_loop().run_in_executor(
                self._threads, self._convert, self._scanner, text, use
            )
            asked.add_done_callback(self._done)
            return await asyncio.wait_for(asyncio.shield(asked), WITHIN_S)
        except TimeoutError:
            return Scanned("refused", why="city_away")

    def _done(self, asked: "asyncio.Future[Scanned]") -> None:
        self._waiting -= 1
        if not asked.cancelled():
            asked.exception()  # looked at: whoever waited was told, or has left

    def _convert(self, scanner: Scanner, text: str, use: str) -> Scanned:
        try:
            return self._once(scanner, text, use)
        except Exception as why:  # noqa: BLE001 - the terminal is told, and the log
            give_back_connection()
            if not is_unreachable(why):
                return _failed(why)
        try:
            # A connection that died says nothing about the server: once more on a new one.
            return self._once(scanner, text, use)
        except Exception as why:  # noqa: BLE001 - the terminal is told, and the log
            give_back_connection()
            return _failed(why)

    def _once(self, scanner: Scanner, text: str, use: str) -> Scanned:
        return convert_scanned(scanner=scanner, text=text, use=use, now=clock.now())

    def _keep_looking(self) -> None:
        while not self._stop.wait(LOOK_S):
            try:
                self._look()
            except Exception:  # the database may be away: the next round tries again
                log.warning("sip2.device_not_looked_at", exc_info=True)
                give_back_connection()
        give_back_connection()

    def _look(self) -> None:
        device = agencies.device_by_key(code=self._code, key=self._key)
        self._scanner = _scanner(device) if device is not None else None
        if device is not None:
            with unit_of_work():
                agencies.note_seen(device_ids=[device.device_id], now=clock.now())


def read_key(path: Path, code: str = "") -> tuple[str, str]:
    """Return code and key from a key file: ``{"code": …, "key": …}``, or a demo's keys by code.

    :raises NoSuchProxy: it can't be read, or holds no key of a proxy
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if "key" in said:
            return str(said["code"]), str(said["key"])
        found = code or next(name for name, it in said.items() if it["kind"] == "library")
        return found, str(said[found]["key"])
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        raise NoSuchProxy(
            f'{path} holds no key: it needs {{"code": "…", "key": "…"}}, as enrolling the proxy '
            "as a reader gave them."
        ) from None


def _scanner(device: agencies.GateDevice) -> Scanner:
    actor = Actor(
        id=f"device:{device.code}",
        kind="device",
        roles=frozenset({"device"}),
        agency=device.agency,
    )
    return Scanner(device.device_id, device.agency, device.number_kind, actor)


def _failed(why: Exception) -> Scanned:
    if is_unreachable(why) or is_too_slow(why):
        log.warning("sip2.city_away")
        return Scanned("refused", why="city_away")
    log.error("sip2.not_converted", exc_info=why)
    return Scanned("refused", why="city_away")
