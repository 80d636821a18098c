"""Look at the house as it is now: who lags, what waits, what is down, how much room is left."""

import datetime as dt
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from citycard.attendance import api as attendance
from citycard.infra import crypto, journal, outbox, partitions, ports
from citycard.infra.clock import city_time
from citycard.infra.postgres.shelf import Done, Shelf
from citycard.insight import api as insight
from citycard.portals.openapi import dropped_files
from citycard.redemptions import api as redemptions

A_DAY = dt.timedelta(days=1)
HANGING = dt.timedelta(minutes=10)
"""A card under writing for longer than this needs somebody to look."""


@dataclass(frozen=True, kw_only=True)
class Watch:
    """The house at one instant.

    :ivar letters: letters waiting, under way or failed, by topic and state
    :ivar months_ahead: for each table cut by month, how many months after this one are ready
    :ivar free_bytes: room left where the state lies
    :ivar keys_days: age of the keys; None where they can't be read
    :ivar disputes: redemptions that an officer must decide
    :ivar proof: the newest run of the auditor
    :ivar outages: letters that an outside system gives no answer to
    :ivar saved: the backups of our own server; None where the operator's own is used
    :ivar broken_files: files of agencies' systems that break us and were put aside
    :ivar notices: how soon guardians were told of the last day's taps, by agency and service
    """

    at: dt.datetime
    subscribers: Sequence[journal.Lag]
    letters: Mapping[str, Mapping[str, int]]
    ports: Sequence[ports.PortHealth]
    months_ahead: Mapping[str, int]
    free_bytes: int
    total_bytes: int
    keys_days: int | None
    disputes: int
    proof: insight.ProofRun | None
    outages: Sequence[outbox.Outage] = ()
    saved: "Saved | None" = None
    broken_files: int = 0
    notices: Sequence[attendance.Promptness] = ()


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What is there to restore from.

    :ivar newest_at: when the newest backup was made; None without any
    :ivar drill: the last drill
    """

    newest_at: dt.datetime | None
    drill: Done | None
    is_demo: bool


def look(now: dt.datetime) -> Watch:
    """Look at everything that the operator's first page tells."""
    disk = shutil.disk_usage(_state_directory())
    return Watch(
        at=now,
        subscribers=journal.lag(),
        letters=outbox.counts(),
        ports=outside(),
        months_ahead=partitions.months_ahead(city_time().day(now)),
        free_bytes=disk.free,
        total_bytes=disk.total,
        keys_days=_keys_days(now),
        disputes=len(need_an_officer(now)),
        proof=insight.latest_proof(),
        outages=outbox.outages(),
        saved=_saved(),
        broken_files=_broken_files(),
        notices=attendance.promptness(since=now - A_DAY, until=now, now=now),
    )


def need_an_officer(now: dt.datetime) -> list[redemptions.OpenSession]:
    """Return redemptions that evidence has not ended and that have hung for a while."""
    return [
        session
        for session in redemptions.open_sessions(before=now - HANGING)
        if session.state != "reserved"
    ]


def outside() -> list[ports.PortHealth]:
    """Return how the outside systems are; a demo's switches are none of them."""
    return [port for port in ports.health() if not port.port.startswith("demo ")]


def _saved() -> Saved | None:
    if os.environ.get("DATABASE_URL"):
        return None
    shelf = Shelf(directory=settings.CITYCARD_PLACE.backups)
    newest = shelf.newest()
    return Saved(
        newest_at=newest.ended_at if newest else None,
        drill=next(reversed(shelf.drills()), None),
        is_demo=settings.CITYCARD_DEMO,
    )


def _broken_files() -> int:
    root = settings.CITYCARD_DROP_FILES
    return dropped_files.broken_files(Path(root)) if root else 0


def _state_directory() -> str:
    place = settings.CITYCARD_PLACE.root
    return str(place if place.exists() else "/")


def _keys_days(now: dt.datetime) -> int | None:
    try:
        return (now - dt.datetime.fromisoformat(crypto.keyring().made_at)).days
    except crypto.KeysMissing:
        return None
