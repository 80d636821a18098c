"""Background work: timed jobs by procrastinate, the subscribers' pump and the outbox's deliverers.

One worker process runs all three. Each outbox topic has a thread of its own, so a register that
hangs holds up nobody but itself. Several workers may run side by side: cursors and letters are
locked rows, and a timed job that still runs is not started again.
"""

import asyncio
import datetime as dt
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
import structlog
from django.db import close_old_connections, connection
from procrastinate.contrib.django import app as procrastinate_app

from citycard.infra import clock, journal, outbox

log = structlog.get_logger(__name__)

ENDS_WITHIN_S = 8.0
"""How long the worker may go on after it was told to end: `citycard up` ends it by force later."""

_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 1.0


@dataclass(frozen=True, kw_only=True)
class Timed:
    """A job that the clock starts.

    :ivar cron: five fields, or six with seconds last
    :ivar run: gets the present instant; opens its own units of work; a late or repeated run is
        harmless
    """

    name: str
    cron: str
    run: Callable[[dt.datetime], object]


_timetable: list[Timed] = []


def schedule(timetable: Iterable[Timed]) -> None:
    """Hand the timetable to procrastinate; done once, by the wiring."""
    for timed in timetable:
        if timed.name in {known.name for known in _timetable}:
            continue
        _timetable.append(timed)
        task = procrastinate_app.task(name=f"timed:{timed.name}", queueing_lock=timed.name)(
            _runner(timed)
        )
        procrastinate_app.periodic(cron=timed.cron, periodic_id=timed.name)(task)


def timetable() -> list[Timed]:
    """Return every timed job."""
    return list(_timetable)


def run_worker() -> None:
    """Run background work until SIGTERM or SIGINT; end soon after, whatever is under way.

    What is under way and can't end, such as a wait for a database that is gone, is left as a kill
    would leave it: each step is a unit of work, and whoever runs next takes it up again.
    """
    stop = threading.Event()
    threads = [threading.Thread(target=_pump, args=(stop,), name="journal", daemon=True)]
    threads += [
        threading.Thread(
            target=_drain, args=(topic, stop), name=f"outbox-{topic.name}", daemon=True
        )
        for topic in outbox.topics()
    ]
    for thread in threads:
        thread.start()
    try:
        asyncio.run(_run_timed_jobs(stop))
    finally:
        _end_soon(stop)
        for thread in threads:
            thread.join()


async def _run_timed_jobs(stop: threading.Event) -> None:
    connector: Any = procrastinate_app.connector
    with procrastinate_app.replace_connector(connector.get_worker_connector()) as app:
        async with app.open_async():
            running = asyncio.ensure_future(
                app.run_worker_async(
                    concurrency=2,
                    delete_jobs="successful",
                    fetch_job_polling_interval=2.0,
                    install_signal_handlers=False,
                )
            )
            for told in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(told, _end, running, stop)
            with suppress(asyncio.CancelledError):  # it has ended then, as it was told to
                await running


def _end(running: "asyncio.Future[None]", stop: threading.Event) -> None:
    _end_soon(stop)
    running.cancel()


def _end_soon(stop: threading.Event) -> None:
    stop.set()
    late = threading.Timer(ENDS_WITHIN_S, _leave_all)
    late.daemon = True
    late.start()


def _leave_all() -> None:
    log.warning("worker.left", why="what was under way did not end in time")
    os._exit(1)


def _runner(timed: Timed) -> Callable[[int], None]:
    def run(timestamp: int) -> None:
        close_old_connections()
        try:
            with alone(timed.name) as is_first:
                if is_first:
                    timed.run(clock.now())
                else:
                    log.warning("worker.job_skipped", job=timed.name, why="still runs")
        finally:
            close_old_connections()

    return run


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """Hold a timed job for the whole city, or tell that another runner has it.

    The lock lies on a connection of its own: the job may give its own back to a pool or lose it,
    and a runner that dies lets go at once.
    """
    params = connection.get_connection_params() | {"autocommit": True}
    with psycopg.connect(**params) as held:
        asked = "SELECT pg_try_advisory_lock(hashtextextended('timed:' || %s, 0))"
        found = held.execute(asked, [name]).fetchone()
        yield bool(found and found[0])


def _pump(stop: threading.Event) -> None:
    _repeat(lambda: pump_each(stop), stop)


def pump_each(stop: threading.Event | None = None) -> int:
    """Let each subscriber take a batch, until told to stop; one that the database fails holds up
    none after it."""
    taken, failed = 0, None
    for subscriber in journal.subscribers():
        if stop is not None and stop.is_set():
            break
        try:
            taken += journal.pump_once(subscriber)
        except Exception as broken:  # noqa: BLE001 - raised below, when everybody had their turn
            log.warning(
                "worker.subscriber_failed", subscriber=subscriber.name, why=type(broken).__name__
            )
            failed = broken
    if failed is not None and not taken:
        raise failed
    return taken


def _drain(topic: outbox.Topic, stop: threading.Event) -> None:
    _repeat(lambda: outbox.drain_once(topic, now=clock.now()), stop)


def _repeat(step: Callable[[], int], stop: threading.Event) -> None:
    """Take steps while there is work; rest a little longer each time there was none, or it
    failed."""
    pause = _PAUSE_S
    while not stop.is_set():
        try:
            close_old_connections()
            worked = step()
        except Exception as broken:  # noqa: BLE001 - a lost database must not end the worker
            log.warning("worker.step_failed", why=type(broken).__name__)
            worked, pause = 0, _LONGEST_PAUSE_S
        pause = _PAUSE_S if worked else min(pause * 1.5, _LONGEST_PAUSE_S)
        if not worked:
            stop.wait(pause)
