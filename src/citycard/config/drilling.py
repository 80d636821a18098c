"""A drill: back the city up, restore a moment of it elsewhere, and compare the two.

The moment is one at which the database was quiet: no transaction was under way and nothing was
written while a snapshot was taken, so the snapshot and the moment are the same state exactly. The
city is never stopped for it.
"""

import contextlib
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from citycard.config import saving
from citycard.config.instance import Instance
from citycard.infra import journal
from citycard.infra.postgres import backing_up, roles
from citycard.infra.postgres.choosing import plan_restore
from citycard.infra.postgres.cluster import Cluster
from citycard.infra.postgres.errors import PostgresProblem
from citycard.infra.postgres.lease import Lease
from citycard.infra.postgres.place import Place
from citycard.infra.postgres.recovering import recover
from citycard.infra.postgres.shelf import Done

QUIET_WITHIN_S = 60.0
_OWN_TO_A_RESTORE = {"infra_generation"}  # each restore adds a row: that is what it is for

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One thing that was compared; equal when both say the same."""

    what: str
    before: str
    after: str
    equal: bool


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A quiet moment, and the snapshot that sees exactly what was committed before it."""

    at: dt.datetime
    snapshot: str
    connection: psycopg.Connection


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A city in figures."""

    findings: list[dict[str, str]]
    trial_balance: list[dict[str, Any]]
    rows: Mapping[str, int]


def hold_drill(here: Instance, *, tell: Tell) -> tuple[Done, list[Compared]]:
    """Back up, restore elsewhere, compare; noted on the shelf however it ends.

    :raises PostgresProblem: the backup or the restore didn't work: noted as a failed drill
    """
    began = time.monotonic()
    shelf = saving.own_shelf(here)

    def done(to: dt.datetime | None, backup: str, ok: bool, says: str) -> Done:
        noted = Done(
            at=dt.datetime.now(dt.UTC),
            to=to,
            backup=backup,
            ok=ok,
            seconds=round(time.monotonic() - began, 1),
            says=says,
        )
        shelf.note_drill(noted)
        return noted

    lock = Lease(here.place.directory / "drill.lock")
    if not lock.take_if_last():
        raise PostgresProblem("Another drill of this city is being held.")
    try:
        to, backup, compared = _drill(here, tell)
    except PostgresProblem as failed:
        done(None, "", False, str(failed).splitlines()[0])
        raise
    finally:
        lock.close()
    differs = [it.what for it in compared if not it.equal]
    says = f"{', '.join(differs)} differ" if differs else ""
    return done(to, backup, not differs, says), compared


def _drill(here: Instance, tell: Tell) -> tuple[dt.datetime, str, list[Compared]]:
    cluster, shelf = here.cluster, saving.own_shelf(here)
    assert cluster is not None
    backup = saving.back_up(here, tell=tell)
    place = Place(root=here.place.directory / "drill", city=here.city)
    _clear(place)
    place.root.mkdir(mode=0o755)
    seals = place.root / "seals.jsonl"
    try:
        _copy_seals(here.place, seals)
        with _quiet_moment(cluster) as moment:
            tell("measure", 0, 2)
            before = _measured(here.app_url(), moment.at, seals, moment)
        upto, timeline = backing_up.switch_log(cluster)
        backing_up.wait_until_archived(cluster, shelf, upto, timeline=timeline)
        copy = Cluster(place, archives=False, binaries=cluster.bin)
        copy.prepare_directories()
        recover(
            copy,
            plan_restore(shelf, to=moment.at, now=dt.datetime.now(dt.UTC)),
            passwords=roles.read_passwords(place.passwords),
            then=journal.begin_generation,
            tell=tell,
        )
        tell("measure", 1, 2)
        with copy.running(), psycopg.connect(copy.admin_url(roles.DATABASE)) as connection:
            there = Moment(at=moment.at, snapshot="", connection=connection)
            after = _measured(copy.app_url(), moment.at, seals, there)
        tell("measure", 2, 2)
    finally:
        _clear(place)
    return moment.at, backup.name, compare(before, after)


def compare(before: Measured, after: Measured) -> list[Compared]:
    """Compare a city with its copy; pure."""
    tables = sorted({*before.rows, *after.rows})
    other = [name for name in tables if before.rows.get(name) != after.rows.get(name)]
    units = sorted({line["unit"] for line in (*before.trial_balance, *after.trial_balance)})
    return [
        Compared(
            what="verify",
            before=f"{len(before.findings)} findings",
            after=f"{len(after.findings)} findings",
            equal=before.findings == after.findings,
        ),
        *(_unit(unit, before, after) for unit in units),
        Compared(
            what="rows",
            before=f"{sum(before.rows.values()):,} in {len(before.rows)} tables",
            after=f"{sum(after.rows.values()):,}"
            + (f"; {', '.join(other[:5])} differ" if other else f" in {len(after.rows)} tables"),
            equal=not other,
        ),
    ]


def _unit(unit: str, before: Measured, after: Measured) -> Compared:
    own, its = (
        [line for line in it.trial_balance if line["unit"] == unit] for it in (before, after)
    )
    return Compared(
        what=f"trial balance, {unit}",
        before=_turnover(own),
        after=_turnover(its),
        equal=own == its,
    )


def _turnover(lines: list[dict[str, Any]]) -> str:
    standing = sum(line["amount"] for line in lines if line["amount"] > 0)
    return f"{standing:,} in {len(lines)} lines"


@contextlib.contextmanager
def _quiet_moment(cluster: Cluster) -> Iterator[Moment]:
    """Find a moment at which nothing was under way, and hold the snapshot that sees its state."""
    url = cluster.admin_url(roles.DATABASE)
    deadline = time.monotonic() + QUIET_WITHIN_S
    with psycopg.connect(url, autocommit=True) as probe, psycopg.connect(url) as holder:
        while True:
            (before,) = _row(probe, "SELECT pg_current_wal_insert_lsn()")
            holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            snapshot, running, at, after = _row(holder, _SNAPSHOT)
            if not running and before == after:
                yield Moment(at=at.astimezone(dt.UTC), snapshot=snapshot, connection=holder)
                return
            holder.execute("ROLLBACK")
            if time.monotonic() > deadline:
                raise PostgresProblem(
                    f"The city wasn't quiet for an instant within {QUIET_WITHIN_S:.0f} s; hold the "
                    "drill at a calmer hour."
                )
            time.sleep(0.005)


# In this order: what was committed before `at` and is not in the snapshot has written to the log.
_SNAPSHOT = """
SELECT pg_export_snapshot(), EXISTS (SELECT pg_snapshot_xip(pg_current_snapshot())),
       clock_timestamp(), pg_current_wal_insert_lsn()
"""


def _measured(url: str, at: dt.datetime, seals: Path, moment: Moment) -> Measured:
    command = [sys.executable, "-m", "citycard.config.measuring", at.isoformat()]
    asked = subprocess.run(
        [*command, *([moment.snapshot] if moment.snapshot else [])],
        env=os.environ
        | {"DATABASE_URL": url, "CITYCARD_DB_POOL": "0", "CITYCARD_SEALS": str(seals)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if asked.returncode != 0:
        raise PostgresProblem(f"The city could not be measured:\n{asked.stderr.strip()[-2000:]}")
    return Measured(**json.loads(asked.stdout), rows=_rows(moment.connection))


def _rows(connection: psycopg.Connection) -> dict[str, int]:
    tables = connection.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
        " AND relnamespace = 'public'::regnamespace"
    ).fetchall()
    count = sql.SQL("SELECT count(*) FROM public.{}")
    return {
        str(name): int(_row(connection, count.format(sql.Identifier(name)))[0])
        for (name,) in tables
        if name not in _OWN_TO_A_RESTORE
    }


def _row(connection: psycopg.Connection, statement: str | sql.Composed) -> Any:
    return connection.execute(
        statement.encode() if isinstance(statement, str) else statement
    ).fetchone()


def _copy_seals(place: Place, target: Path) -> None:
    """Keep what was published before the moment: the city goes on publishing meanwhile."""
    given = os.environ.get("CITYCARD_SEALS")
    seals = Path(given) if given else place.directory / "seals" / "access.jsonl"
    if seals.is_file():
        shutil.copy(seals, target)


def _clear(place: Place) -> None:
    if place.root.exists():
        shutil.rmtree(place.root)
