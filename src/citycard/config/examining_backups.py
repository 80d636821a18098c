"""The doctor's look at backups: their age, the log's archive, the room for more, the last drill."""

import datetime as dt
import os
import shutil

from django.conf import settings

from citycard.config.symptoms import State, Symptom, above
from citycard.infra import clock
from citycard.infra.database import row
from citycard.infra.postgres.place import Place
from citycard.infra.postgres.shelf import Shelf

DAY = 86_400.0
BACKUP_WARN_S, BACKUP_FAIL_S = 1.1 * DAY, 3 * DAY
DRILL_WARN_S = 100 * DAY
LAG_WARN_S, LAG_FAIL_S = 180.0, 900.0
ROOM_WARN, ROOM_FAIL = 3, 1
"""Backups of the newest one's size for which there is room."""


def check_backup() -> list[Symptom]:
    """Look at the newest backup, the archive of the log, the room for more, the last drill."""
    place: Place = settings.CITYCARD_PLACE
    if os.environ.get("DATABASE_URL"):
        says = "PostgreSQL is your own (DATABASE_URL), and so are its backups"
        return [Symptom(name="backup", state="ok", says=says)]
    shelf = Shelf(directory=place.backups)
    newest = shelf.newest()
    if newest is None:
        return [_none(shelf)]
    age_s = (clock.now() - newest.ended_at).total_seconds()
    since = shelf.backups()[0].ended_at.isoformat(timespec="seconds")
    return [
        Symptom(
            name="backup",
            state=above(age_s, BACKUP_WARN_S, BACKUP_FAIL_S),
            says=f"{_long(age_s)} old; any moment since {since} can be restored",
        ),
        _archive(place, shelf),
        _room(shelf, newest.stored_bytes),
        _drill(shelf),
    ]


def _none(shelf: Shelf) -> Symptom:
    if settings.CITYCARD_DEMO:
        return Symptom(name="backup", state="ok", says="none, as in most demos")
    return Symptom(name="backup", state="fail", says=f"none in {shelf.directory}: citycard backup")


def _archive(place: Place, shelf: Shelf) -> Symptom:
    """Compare what the server still has to archive with what it did."""
    waiting = list((place.data / "pg_wal" / "archive_status").glob("*.ready"))
    oldest_s = max((clock.now().timestamp() - it.stat().st_mtime for it in waiting), default=0.0)
    about = row(
        "SELECT coalesce(last_failed_time > last_archived_time, last_failed_time IS NOT NULL)"
        " AS failing FROM pg_stat_archiver"
    )
    failing = about is not None and about.failing
    state: State = "fail" if failing and waiting else above(oldest_s, LAG_WARN_S, LAG_FAIL_S)
    says = f"{len(waiting)} segments wait, {_long(oldest_s)} at most"
    if failing and waiting:
        says += f"; the server can't write to {shelf.archive.directory}"
    return Symptom(name="log archive", state=state, says=says)


def _room(shelf: Shelf, one: int) -> Symptom:
    free = shutil.disk_usage(shelf.directory).free
    times = free / max(1, one)
    return Symptom(
        name="backup room",
        state=above(-times, -ROOM_WARN, -ROOM_FAIL),
        says=f"{free / 1e9:.1f} GB free; the newest backup took {one / 1e9:.2f} GB, the log since "
        f"the oldest takes {shelf.archive.bytes() / 1e9:.2f} GB",
    )


def _drill(shelf: Shelf) -> Symptom:
    drills = shelf.drills()
    if not drills:
        state: State = "ok" if settings.CITYCARD_DEMO else "warn"
        return Symptom(name="drill", state=state, says="never held: citycard drill")
    last = drills[-1]
    age_s = (clock.now() - last.at).total_seconds()
    if not last.ok:
        return Symptom(name="drill", state="fail", says=f"{_long(age_s)} ago: {last.says}")
    return Symptom(
        name="drill",
        state="warn" if age_s > DRILL_WARN_S else "ok",
        says=f"{_long(age_s)} ago: the copy was the city, after {last.seconds:.0f} s",
    )


def _long(seconds: float) -> str:
    length = dt.timedelta(seconds=max(0.0, seconds))
    if length.days:
        return f"{length.days} days"
    if length >= dt.timedelta(hours=1):
        return f"{length.seconds // 3600} h"
    return f"{length.seconds // 60} min" if length.seconds >= 60 else f"{length.seconds} s"
