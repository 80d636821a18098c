"""A moment out of a backup and the log's archive: copied, replayed in a place of its own, proved.

Nothing that is in use is touched: the result is a data directory that the caller puts where it
wants it.
"""

import contextlib
import datetime as dt
import os
import pwd
import re
import shutil
import struct
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from citycard.infra.postgres import roles
from citycard.infra.postgres.account import Account
from citycard.infra.postgres.archiving import SEGMENT_BYTES, WalArchive, place_of_segment, quoted
from citycard.infra.postgres.binaries import major_version
from citycard.infra.postgres.checking import BASE, WAL, check_base, opened, read_manifest
from citycard.infra.postgres.choosing import CannotRestore, Plan
from citycard.infra.postgres.cluster import Cluster
from citycard.infra.postgres.errors import PostgresProblem
from citycard.infra.postgres.place import make_directory

Tell = Callable[[str, int, int], None]
_LAST_COMMIT = re.compile(r"last completed transaction was at log time (.+)")
_FETCHED = re.compile(r'restored log file "([0-9A-F]{24})" from archive')
_TOO_FAR = "recovery ended before configured recovery target was reached"
_BROKEN = "could not restore file"


@dataclass(frozen=True, kw_only=True)
class Recovered:
    """What came out.

    :ivar last_commit_at: the last transaction that is in it
    :ivar timeline: the line of the log that begins with it
    """

    last_commit_at: dt.datetime | None
    timeline: int


def recover(
    staging: Cluster,
    plan: Plan,
    *,
    passwords: Mapping[str, str],
    then: Callable[[psycopg.Connection], None] = lambda connection: None,
    old_data: Path | None = None,
    tell: Tell = lambda what, done, total: None,
) -> Recovered:
    """Recover a plan's moment into the staging place; its server is stopped again afterwards.

    :param passwords: by role; the restored roles get them, whatever they had
    :param then: what to do in the restored database, as superuser, before anybody else can connect
    :param old_data: the data that will be replaced: what only its own log has is replayed
    :raises CannotRestore: damaged, incomplete, of another PostgreSQL, or the moment isn't in it
    """
    here = major_version(staging.bin)
    if here != plan.backup.postgres:
        raise CannotRestore(
            f"{plan.backup.name} was made by PostgreSQL {plan.backup.postgres}, this is {here}."
        )
    _unpack(staging, plan, tell)
    _salvage(staging, plan, old_data)
    staging.prepare_directories()
    try:
        staging.recover(_settings(staging, plan), _watched(staging, plan, tell))
        _open_to_its_roles(staging, passwords, then)
        timeline = _timeline(staging)
    except PostgresProblem as gave_up:
        raise _why(staging, plan, gave_up) from None
    finally:
        staging.leave()
    said = staging.place.log.read_text(errors="replace")
    return Recovered(last_commit_at=_last_commit(said), timeline=timeline)


def _unpack(staging: Cluster, plan: Plan, tell: Tell) -> None:
    directory, data = plan.backup.directory, staging.place.data
    manifest = read_manifest(directory / "backup_manifest")
    check_base(directory, manifest, tell=lambda done, total: tell("check", done, total))
    shutil.rmtree(data, ignore_errors=True)
    make_directory(data, mode=0o700)
    total = sum(int(entry["Size"]) for entry in manifest["Files"])
    done = 0
    for archive, target in ((BASE, data), (WAL, data / "pg_wal")):
        with opened(directory / archive) as tar:
            for member in tar:
                tar.extract(member, target, filter="data")
                done += member.size
                tell("unpack", min(done, total), total)
    (data / "recovery.signal").touch(mode=0o600)
    for path in [data, *data.rglob("*")]:
        staging.account.give(path)


def _salvage(staging: Cluster, plan: Plan, old_data: Path | None) -> None:
    """Take along what the present data's log has and the archive has not yet."""
    if old_data is None or _system(old_data) != plan.backup.system:
        return
    for segment in (old_data / "pg_wal").glob("[0-9A-F]" * 24):
        own = staging.place.data / "pg_wal" / segment.name
        late = place_of_segment(segment.name) >= plan.backup.start // SEGMENT_BYTES
        if late and not plan.archive.holds(segment.name) and not own.exists():
            shutil.copy(segment, own)
            staging.account.give(own)


def _system(data: Path) -> int | None:
    try:
        with (data / "global" / "pg_control").open("rb") as control:
            (system,) = struct.unpack("<Q", control.read(8))
    except (OSError, struct.error):
        return None
    return int(system)


def _settings(staging: Cluster, plan: Plan) -> dict[str, str]:
    archive = _readable(plan.archive, staging)
    place = staging.place.directory
    ours = pwd.getpwuid(os.geteuid()).pw_name
    access = place / "pg_hba.conf"
    access.write_text(f"local all {roles.ADMIN_ROLE} peer map=restoring\n")
    known = place / "pg_ident.conf"
    known.write_text(f"restoring {ours} {roles.ADMIN_ROLE}\n")
    for path in (access, known):
        path.chmod(0o644)
    settings = {
        "restore_command": quoted(archive.restore_command()),
        "recovery_target_timeline": quoted(str(plan.timeline)),
        "recovery_target_action": "'promote'",
        "hot_standby": "off",
        "logging_collector": "off",
        "log_min_messages": "log",
        "hba_file": quoted(str(access)),
        "ident_file": quoted(str(known)),
    }
    if plan.to is not None:
        settings["recovery_target_time"] = quoted(plan.to.astimezone(dt.UTC).isoformat())
    return settings


def _readable(archive: WalArchive, staging: Cluster) -> WalArchive:
    """Return the archive, or a copy of it where the server's account can't read it."""
    if all(_can_read(staging.account, path) for path in _samples(archive)):
        return archive
    copy = staging.place.directory / "wal"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(archive.directory, copy)
    for path in [copy, *copy.iterdir()]:
        staging.account.give(path)
    return WalArchive(directory=copy)


def _samples(archive: WalArchive) -> list[Path]:
    return [archive.directory, *list(archive.directory.glob("*.gz"))[:1]]


def _can_read(account: Account, path: Path) -> bool:
    tried = subprocess.run(["test", "-r", path], cwd="/", check=False, **account.for_subprocess())
    return tried.returncode == 0


def _watched(staging: Cluster, plan: Plan, tell: Tell) -> Callable[[], None]:
    first = plan.backup.start // SEGMENT_BYTES
    places = [place_of_segment(name) for name in plan.archive.segments()]
    total = max([*places, first]) - first + 1

    def look() -> None:
        said = staging.place.log.read_text(errors="replace")
        tell("replay", len(set(_FETCHED.findall(said))), total)

    return look


def _open_to_its_roles(
    staging: Cluster,
    passwords: Mapping[str, str],
    then: Callable[[psycopg.Connection], None],
) -> None:
    """Give the restored roles this place's passwords: those of the backup's day are gone."""
    with _connect(staging, roles.DATABASE) as connection:
        for role, password in passwords.items():
            verifier = connection.pgconn.encrypt_password(
                password.encode(), role.encode(), b"scram-sha-256"
            )
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            if known.fetchone():
                connection.execute(
                    sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                        sql.Identifier(role), sql.Literal(verifier.decode())
                    )
                )
        then(connection)


def _timeline(staging: Cluster) -> int:
    with _connect(staging, "postgres") as connection:
        connection.execute("CHECKPOINT")
        found = connection.execute("SELECT timeline_id FROM pg_control_checkpoint()").fetchone()
    assert found is not None
    return int(found[0])


def _connect(staging: Cluster, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(staging.place.run), port=5432, user=roles.ADMIN_ROLE, dbname=database
    )


def _why(staging: Cluster, plan: Plan, gave_up: PostgresProblem) -> PostgresProblem:
    """Say what kept the moment from being recovered, in the operator's terms."""
    said = staging.place.log.read_text(errors="replace") if staging.place.log.exists() else ""
    if _BROKEN in said:
        return CannotRestore(f"A segment in {plan.archive.directory} is damaged:\n{_last(said)}")
    if _TOO_FAR not in said:
        return gave_up
    ends = _last_commit(said)
    until = f"{ends.isoformat(timespec='seconds')}" if ends else "the end of the backup itself"
    missing = next(plan.archive.gaps(after=plan.backup.end, timeline=plan.timeline), None)
    if missing is not None:
        return CannotRestore(
            f"Segment {missing} is missing from {plan.archive.directory}: {plan.backup.name} can "
            f"be restored until {until}, not later."
        )
    return CannotRestore(
        f"The archive ends at {until}, before the moment that was asked for. "
        "`--to latest` restores everything there is."
    )


def _last(said: str) -> str:
    return "\n".join(line for line in said.splitlines() if _BROKEN in line or "FATAL" in line)


def _last_commit(said: str) -> dt.datetime | None:
    found = _LAST_COMMIT.findall(said)
    if not found:
        return None
    with contextlib.suppress(ValueError):
        written = found[-1].strip().rstrip(".").replace("UTC", "+00:00").replace(" +", "+")
        return dt.datetime.fromisoformat(written)
    return None
