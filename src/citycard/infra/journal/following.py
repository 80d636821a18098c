"""Following the journal: cursors, batches in commit-safe order, and a visible stop at a poison
event.

Rows are ordered by (generation, transaction id, id) and read only below the oldest transaction
still running, so a transaction that commits late is never skipped.
"""

import datetime as dt
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import structlog
from django.db import DatabaseError

from citycard.infra.database import execute, is_unreachable, row, rows
from citycard.infra.unit_of_work import unit_of_work

log = structlog.get_logger(__name__)

_BATCH = 500
_FAR_BEHIND = 20
"""So many times its batch a subscriber takes at once when so much waits, within its ``most``."""
_IDLE_STRIDE = 1000
"""How many foreign transactions an idle cursor lets pass before it is moved along."""


@dataclass(frozen=True, kw_only=True)
class Announced:
    """An event as a subscriber gets it."""

    id: int
    code: str
    body: dict[str, Any]
    at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Subscriber:
    """One who follows the journal.

    :ivar codes: the events it takes
    :ivar handle: gets a batch inside a unit of work and must finish its whole effect there; what
        needs a port is put in the outbox
    :ivar batch: how many events it takes at once
    :ivar holds: what its events' bodies call that which they are about, a number or a list: one who
        follows in sets takes more events when more wait, as long as they hold ``most`` in all
    """

    name: str
    codes: frozenset[str]
    handle: Callable[[Sequence[Announced]], None]
    batch: int = _BATCH
    holds: str = ""
    most: int = 0


_subscribers: dict[str, Subscriber] = {}


def subscribe(table: Iterable[Subscriber]) -> None:
    """Hand the subscription table to the journal; done once, by the wiring."""
    _subscribers.clear()
    for subscriber in table:
        assert subscriber.name not in _subscribers, f"two subscribers are named {subscriber.name}"
        _subscribers[subscriber.name] = subscriber


def subscribers() -> list[Subscriber]:
    """Return everybody who follows the journal."""
    return list(_subscribers.values())


def pump_once(subscriber: Subscriber) -> int:
    """Let one subscriber take its next batch; returns how many events it took (0: nothing, or
    stopped)."""
    if not _has_news(subscriber):
        return 0
    try:
        with unit_of_work():
            return _take(subscriber)
    except Exception as broken:
        if is_unreachable(broken):
            raise  # it went away, or chose us in a deadlock: the caller tries again
        return _take_one_by_one(subscriber)  # whatever it is, the poison is found one by one


def pump_until_idle(*, rounds: int = 10_000, patience_s: float = 20.0) -> int:
    """Let all subscribers take what waits, until nothing does; returns how many events were taken.

    :param patience_s: how long to wait for transactions of others that are still running: what is
        announced behind them cannot be taken before they end
    """
    taken = 0
    give_up_at = time.monotonic() + patience_s
    for _ in range(rounds):
        now_taken = sum(pump_once(subscriber) for subscriber in subscribers())
        taken += now_taken
        if now_taken:
            continue
        if time.monotonic() >= give_up_at or not any(map(_is_held_up, subscribers())):
            return taken
        time.sleep(0.01)
    raise RuntimeError("subscribers keep announcing to one another; the journal never drains")


def _is_held_up(subscriber: Subscriber) -> bool:
    """Tell whether events are committed that a running transaction keeps from being taken."""
    cursor = row(f"{_CURSOR} WHERE subscriber = %s AND stopped_at IS NULL", [subscriber.name])
    if cursor is None:
        return False
    beyond = {**cursor._asdict(), "horizon": str(2**63 - 1)}
    return bool(rows(_NEXT, {**beyond, "codes": sorted(subscriber.codes), "limit": 1}))


def restart(name: str, *, skip: bool = False) -> None:
    """Let a stopped subscriber go on, with the event that stopped it or, when told so, past it."""
    with unit_of_work():
        if skip:
            execute(
                """
                UPDATE infra_cursor c SET generation = j.generation, xid = j.xid, id = j.id
                FROM infra_journal j WHERE c.subscriber = %s AND j.id = c.stopped_on
                """,
                [name],
            )
        execute(
            "UPDATE infra_cursor SET stopped_at = NULL, stopped_on = NULL, stopped_why = NULL"
            " WHERE subscriber = %s",
            [name],
        )


def _take(subscriber: Subscriber, *, singly: bool = False) -> int:
    cursor = _cursor(subscriber)
    if cursor is None:
        return 0
    found = _read(subscriber, cursor, 1 if singly else _most_events(subscriber))
    batch = _at_once(subscriber, [_announced(event) for event in found])
    if batch:
        subscriber.handle(batch)
        last = found[len(batch) - 1]
        _move(subscriber, last.generation, last.xid, last.id)
    elif int(cursor.horizon) - int(cursor.xid) > _IDLE_STRIDE:
        _move(subscriber, cursor.generation_now, cursor.horizon, 0)
    return len(batch)


def _most_events(subscriber: Subscriber) -> int:
    return subscriber.batch * (_FAR_BEHIND if subscriber.most else 1)


def _at_once(subscriber: Subscriber, waiting: Sequence[Announced]) -> list[Announced]:
    """Return which of the events that wait are taken at once: a batch, and more while what they
    hold stays within the bound."""
    held = accumulate(_held(event, subscriber.holds) for event in waiting)
    return [
        event
        for n, (event, so_far) in enumerate(zip(waiting, held, strict=True))
        if n < subscriber.batch or so_far <= subscriber.most
    ]


def _held(event: Announced, name: str) -> int:
    what = event.body.get(name, 1)
    return what if isinstance(what, int) else len(what)


def _take_one_by_one(subscriber: Subscriber) -> int:
    """Go on singly after a failed batch, so that only the poison event itself is left standing."""
    taken = 0
    while True:
        try:
            with unit_of_work():
                if not _take(subscriber, singly=True):
                    return taken
            taken += 1
        except Exception as poison:
            if is_unreachable(poison):
                raise
            _stop(subscriber, poison)
            return taken


def _stop(subscriber: Subscriber, poison: Exception) -> None:
    why = _describe(poison)
    with unit_of_work():
        cursor = _cursor(subscriber)
        if cursor is None:
            return
        batch = _read(subscriber, cursor, 1)
        execute(
            "UPDATE infra_cursor SET stopped_at = now(), stopped_on = %s, stopped_why = %s"
            " WHERE subscriber = %s",
            [batch[0].id if batch else None, why, subscriber.name],
        )
    log.error("journal.subscriber_stopped", subscriber=subscriber.name, why=why)


def _describe(poison: Exception) -> str:
    """Say what went wrong without the values it went wrong on: those may be personal."""
    trace = poison.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = (
        f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else ""
    )
    state = getattr(poison.__cause__, "sqlstate", "") if isinstance(poison, DatabaseError) else ""
    return " ".join(filter(None, [type(poison).__name__, state or "", where]))


def _has_news(subscriber: Subscriber) -> bool:
    """Look without a lock: an idle subscriber then costs the database one index probe and no
    write."""
    cursor = row(f"{_CURSOR} WHERE subscriber = %s", [subscriber.name])
    if cursor is None:
        return True
    idle_for = int(cursor.horizon) - int(cursor.xid)
    return idle_for > _IDLE_STRIDE or bool(_read(subscriber, cursor, 1))


_CURSOR = """
SELECT generation, xid::text, id,
       pg_snapshot_xmin(pg_current_snapshot())::text AS horizon,
       (SELECT max(number) FROM infra_generation) AS generation_now
FROM infra_cursor
"""


def _cursor(subscriber: Subscriber) -> Any | None:
    """Lock and return the subscriber's cursor; None when it is stopped or another process holds
    it."""
    execute(
        """
        INSERT INTO infra_cursor (subscriber, generation, xid, id)
        SELECT %s, 0, '0'::xid8, 0 ON CONFLICT DO NOTHING
        """,
        [subscriber.name],
    )
    return row(
        f"{_CURSOR} WHERE subscriber = %s AND stopped_at IS NULL FOR UPDATE SKIP LOCKED",
        [subscriber.name],
    )


# ORDER BY names the table's columns: a bare xid would be the text of it, and '1000' before '999'.
_NEXT = """
SELECT j.id, j.generation, j.xid::text AS xid, j.code, j.body::text AS body, j.recorded_at
FROM infra_journal j
WHERE (j.generation, j.xid, j.id) > (%(generation)s, %(xid)s::xid8, %(id)s)
  AND (j.generation < %(generation_now)s OR j.xid < %(horizon)s::xid8)
  AND j.code = ANY(%(codes)s)
ORDER BY j.generation, j.xid, j.id LIMIT %(limit)s
"""


def _read(subscriber: Subscriber, cursor: Any, limit: int) -> list[Any]:
    return rows(_NEXT, {**cursor._asdict(), "codes": sorted(subscriber.codes), "limit": limit})


def _move(subscriber: Subscriber, generation: int, xid: str, event_id: int) -> None:
    execute(
        "UPDATE infra_cursor SET generation = %s, xid = %s::xid8, id = %s, moved_at = now()"
        " WHERE subscriber = %s",
        [generation, xid, event_id, subscriber.name],
    )


def _announced(event: Any) -> Announced:
    return Announced(
        id=event.id, code=event.code, body=json.loads(event.body), at=event.recorded_at
    )
