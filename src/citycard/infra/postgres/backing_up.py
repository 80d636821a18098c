"""A physical backup of a running server: pg_basebackup, checked against its manifest, then listed.

The first one opens the log's archive; from then on every moment since the oldest kept backup can be
restored.
"""

import datetime as dt
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psycopg

from citycard.infra import leash
from citycard.infra.postgres import roles
from citycard.infra.postgres.archiving import SEGMENT_BYTES, position, segment_name
from citycard.infra.postgres.checking import check_base, read_manifest
from citycard.infra.postgres.cluster import Cluster
from citycard.infra.postgres.errors import PostgresProblem
from citycard.infra.postgres.others import plain_environment
from citycard.infra.postgres.place import make_directory
from citycard.infra.postgres.shelf import Backup, Shelf, write_durably

LOOK_EVERY_S = 0.2
ARCHIVED_WITHIN_S = 60.0
_ROOM_SHARE = 0.5  # a base backup compresses to a third or less; half leaves room for the log

Tell = Callable[[str, int, int], None]
"""Gets what is being done, and how many bytes of how many are."""


def take_backup(
    cluster: Cluster,
    shelf: Shelf,
    *,
    schema: str,
    keys: Mapping[str, str],
    enclosed: Mapping[str, bytes] | None = None,
    demo: bool = False,
    tell: Tell = lambda what, done, total: None,
) -> Backup:
    """Back the running server up, check the copy, and list it.

    :param keys: what the city's keys look like (`Keyring.prints`)
    :param enclosed: files to put beside it, sealed by the caller
    :raises PostgresProblem: it could not be made; nothing is listed then
    """
    open_archive(cluster, shelf)
    with psycopg.connect(cluster.admin_url(), autocommit=True) as connection:
        began = _ask(connection, _BEGIN)
        _refuse_without_room(shelf, int(began.data_bytes))
        name = f"{began.at.astimezone(dt.UTC):%Y%m%dT%H%M%S.%f}"[:-3] + "Z"
        with shelf.making(name) as making:
            _copy(cluster, connection, making, tell)
            manifest = read_manifest(making / "backup_manifest")
            check_base(making, manifest, tell=lambda done, total: tell("check", done, total))
            for file, content in (enclosed or {}).items():
                write_durably(making / file, content.decode("ascii"))
            ended = _ask(connection, "SELECT clock_timestamp() AS at")
            (wal,) = manifest["WAL-Ranges"]
            backup = Backup(
                directory=shelf.directory / name,
                city=cluster.place.city,
                began_at=began.at.astimezone(dt.UTC),
                ended_at=ended.at.astimezone(dt.UTC),
                postgres=int(began.version) // 10000,
                system=int(began.system),
                timeline=int(wal["Timeline"]),
                start=position(wal["Start-LSN"]),
                end=position(wal["End-LSN"]),
                schema=schema,
                keys=dict(keys),
                keys_enclosed=bool(enclosed),
                demo=demo,
                data_bytes=int(began.data_bytes),
            )
            return shelf.put(making, backup)


_BEGIN = """
SELECT clock_timestamp() AS at, current_setting('server_version_num') AS version,
       (SELECT system_identifier FROM pg_control_system()) AS system,
       (SELECT sum(pg_database_size(oid)) FROM pg_database) AS data_bytes
"""


def open_archive(cluster: Cluster, shelf: Shelf) -> None:
    """Begin to archive the log where nobody has yet.

    :raises PostgresProblem: the server's account can't write there
    """
    directory = shelf.archive.directory
    if not directory.is_dir():
        make_directory(shelf.directory, mode=0o755)
        make_directory(directory, mode=0o700)
        cluster.account.give(directory)
    tried = subprocess.run(
        ["test", "-w", directory], cwd="/", check=False, **cluster.account.for_subprocess()
    )
    if tried.returncode != 0:
        raise PostgresProblem(
            f"The account that PostgreSQL runs as can't write to {directory}; every directory "
            "above it must let that account through."
        )
    cluster.archive_anew()


def wait_until_archived(cluster: Cluster, shelf: Shelf, upto: int, *, timeline: int) -> None:
    """Wait until the log up to a position is in the archive.

    :raises PostgresProblem: it isn't within a minute; with the segment that the server can't put
        there
    """
    name = segment_name(timeline, max(0, upto - 1) // SEGMENT_BYTES)
    deadline = time.monotonic() + ARCHIVED_WITHIN_S
    while not shelf.archive.holds(name):
        if time.monotonic() > deadline:
            raise PostgresProblem(
                f"Segment {name} of the log didn't reach {shelf.archive.directory} within "
                f"{ARCHIVED_WITHIN_S:.0f} s; is the disk full, or the directory not writable for "
                "the server?"
            )
        time.sleep(0.05)


def switch_log(cluster: Cluster) -> tuple[int, int]:
    """Close the log's open segment after one more commit; returns its end and the timeline.

    A moment can only be recovered to when the log holds a commit after it.
    """
    with psycopg.connect(cluster.admin_url(), autocommit=True) as connection:
        connection.execute("SELECT pg_current_xact_id()")
        found = _ask(
            connection,
            "SELECT pg_switch_wal()::text AS upto,"
            " (SELECT timeline_id FROM pg_control_checkpoint()) AS timeline",
        )
    return position(found.upto), int(found.timeline)


def _refuse_without_room(shelf: Shelf, data_bytes: int) -> None:
    free = shutil.disk_usage(shelf.directory).free
    wanted = int(data_bytes * _ROOM_SHARE)
    if free < wanted:
        raise PostgresProblem(
            f"{shelf.directory} has {free / 1e9:.1f} GB free; a backup may take "
            f"{wanted / 1e9:.1f} GB. Keep fewer (--keep), or name another disk in CITYCARD_BACKUPS."
        )


def _copy(cluster: Cluster, connection: psycopg.Connection, making: Path, tell: Tell) -> None:
    with tempfile.TemporaryFile() as log:
        copying = subprocess.Popen(
            leash.on(_command(cluster, making)),
            env=plain_environment() | {"PGPASSWORD": _password(cluster)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
        )
        try:
            while copying.poll() is None:
                tell("copy", *_how_far(connection))
                time.sleep(LOOK_EVERY_S)
        except BaseException:
            copying.terminate()
            copying.wait()
            raise
        log.seek(0)
        said = log.read().decode(errors="replace").strip()
    if copying.returncode != 0:
        raise PostgresProblem(f"pg_basebackup gave up:\n{said}")


def _command(cluster: Cluster, making: Path) -> list[str | Path]:
    tool = cluster.bin / "pg_basebackup"
    if not tool.is_file():
        raise PostgresProblem(f"There is no pg_basebackup in {cluster.bin}; backups need it.")
    return [
        *(tool, "--pgdata", making, "--format", "tar", "--compress", "gzip:1"),
        *("--wal-method", "stream", "--checkpoint", "fast", "--manifest-checksums", "SHA256"),
        *("--host", cluster.place.run, "--port", "5432"),
        *("--username", roles.ADMIN_ROLE, "--no-password", "--label", "citycard"),
    ]


def _password(cluster: Cluster) -> str:
    return roles.read_passwords(cluster.place.passwords)[roles.ADMIN_ROLE]


def _how_far(connection: psycopg.Connection) -> tuple[int, int]:
    found = _ask(
        connection,
        "SELECT coalesce(max(backup_streamed), 0) AS done, coalesce(max(backup_total), 0) AS total"
        " FROM pg_stat_progress_basebackup",
    )
    return int(found.done), int(found.total)


def _ask(connection: psycopg.Connection, statement: str) -> Any:
    from psycopg.rows import namedtuple_row

    with connection.cursor(row_factory=namedtuple_row) as cursor:
        return cursor.execute(statement.encode()).fetchone()
