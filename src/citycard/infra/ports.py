"""Ports: how the house speaks to outside systems, and how it stays well when they do not answer.

A context names what it needs as a Protocol in its ``ports.py``; an adapter answers;
``config.wiring`` introduces them. A call through ``use`` has a time-out, a limit of calls at once
and a breaker, and is refused inside a unit of work: a slow register must never hold a transaction
open.
"""

import dataclasses
import datetime as dt
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, TypeVar

import structlog

from citycard.infra.unit_of_work import in_unit_of_work, note_that_it_stands
from citycard.kernel.errors import Refused

log = structlog.get_logger(__name__)
P = TypeVar("P")

_FAILURES_TO_OPEN = 3
_OPEN_SECONDS = 5.0


class PortUnavailable(Refused):
    """The outside system {port} does not answer now ({why}); the work waits and goes on by
    itself."""

    code = "infra.port_unavailable"


class PortCalledInTransaction(RuntimeError):
    """Our own mistake: a port was called while a unit of work was open."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class PortHealth:
    """How a port is: what its adapter's ``check`` said, and what its breaker has seen.

    :ivar state: ``up``, ``down`` or ``unknown``
    """

    port: str
    adapter: str
    state: str
    says: str = ""
    failures: int = 0
    last_answer_at: dt.datetime | None = None


class _Port:
    """One wired port: the adapter behind its guards."""

    def __init__(self, name: str, adapter: object, timeout_s: float, concurrency: int) -> None:
        self.name = name
        self.adapter = adapter
        self.timeout_s = timeout_s
        self.failures = 0
        self.last_answer_at: dt.datetime | None = None
        self.last_why = ""
        self._closed_again_at = 0.0
        self._slots = threading.BoundedSemaphore(concurrency)
        self._threads = ThreadPoolExecutor(concurrency, thread_name_prefix=f"port-{name}")

    def call(self, method: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if in_unit_of_work():
            raise PortCalledInTransaction(f"port {self.name} was called inside a unit of work")
        if time.monotonic() < self._closed_again_at:
            raise PortUnavailable(port=self.name, why="resting")
        if not self._slots.acquire(blocking=False):
            raise PortUnavailable(port=self.name, why="busy")
        note_that_it_stands()
        future = self._threads.submit(method, *args, **kwargs)
        future.add_done_callback(lambda _: self._slots.release())
        try:
            answer = future.result(self.timeout_s)
        except Refused:
            self._worked()
            raise
        except FutureTimeout:
            self._failed("time-out")
            raise PortUnavailable(port=self.name, why="time-out") from None
        except Exception as broken:
            self._failed(type(broken).__name__)
            raise PortUnavailable(port=self.name, why=type(broken).__name__) from broken
        self._worked()
        return answer

    def health(self) -> PortHealth:
        state, says = ("down", self.last_why) if self.failures else ("up", "")
        check = getattr(self.adapter, "check", None)
        if check is not None:
            try:
                says = str(self._threads.submit(check).result(min(self.timeout_s, 2.0)) or says)
            except Exception as broken:  # noqa: BLE001 - an adapter may break in any way
                state, says = "down", type(broken).__name__
        return PortHealth(
            port=self.name,
            adapter=type(self.adapter).__name__,
            state=state,
            says=says,
            failures=self.failures,
            last_answer_at=self.last_answer_at,
        )

    def _worked(self) -> None:
        self.failures = 0
        self.last_answer_at = dt.datetime.now(dt.UTC)

    def _failed(self, why: str) -> None:
        self.failures += 1
        self.last_why = why
        if self.failures >= _FAILURES_TO_OPEN:
            self._closed_again_at = time.monotonic() + _OPEN_SECONDS
        log.warning("port.failed", port=self.name, why=why, failures=self.failures)


class _Guarded:
    """Stands in for the adapter: every method call passes through the port's guards."""

    def __init__(self, port: _Port) -> None:
        self._port = port

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port.adapter, name)
        return lambda *args, **kwargs: self._port.call(method, args, kwargs)


_ports: dict[object, _Port] = {}


def provide(
    protocol: type[P], adapter: P, *, name: str, timeout_s: float = 5.0, concurrency: int = 4
) -> None:
    """Say who answers for a Protocol; done by the wiring, and by tests.

    :param timeout_s: seconds to wait for one answer
    :param concurrency: how many calls may be under way at once; a hanging one keeps its place
    """
    _ports[protocol] = _Port(name, adapter, timeout_s, concurrency)


def use(protocol: type[P]) -> P:
    """Return who answers for a Protocol, behind its guards.

    :raises PortUnavailable: later, at a call, when the outside system does not answer
    """
    guarded: Any = _Guarded(_ports[protocol])
    return guarded  # type: ignore[no-any-return]  # the guard forwards every method of the Protocol


def health() -> list[PortHealth]:
    """Return how every wired port is, asking each adapter's ``check``."""
    return [port.health() for port in _ports.values()]
