"""Backups of a real server: made whole or not at all, restored to a moment, or refused why not."""

import datetime as dt
import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from citycard.infra.postgres import backing_up, roles
from citycard.infra.postgres.choosing import (
    CannotRestore,
    plan_restore,
    refuse_other_keys,
)
from citycard.infra.postgres.cluster import Cluster
from citycard.infra.postgres.errors import PostgresProblem
from citycard.infra.postgres.place import Place, state_root
from citycard.infra.postgres.recovering import Recovered, recover
from citycard.infra.postgres.replacing import finish_replacing, replace_data
from citycard.infra.postgres.shelf import Backup, Done, Shelf
from tests.harness.patience import wait_until

KEYS = {"seal 1": "aa", "sign": "bb"}


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    found = Place(root=state_root() / f"back-{os.getpid()}", city="somewhere")
    yield found
    shutil.rmtree(found.root)


@pytest.fixture(scope="module")
def cluster(place: Place) -> Iterator[Cluster]:
    """A server whose table `kept` got a row before, between and after two backups."""
    with Cluster(place).running() as running:
        roles.prepare_database(running.owner_url())
        ask(running, "CREATE TABLE kept (what text, at timestamptz DEFAULT clock_timestamp())")
        yield running


@pytest.fixture(scope="module")
def shelf(place: Place) -> Shelf:
    return Shelf(directory=place.backups)


@pytest.fixture(scope="module")
def story(cluster: Cluster, shelf: Shelf) -> dict[str, dt.datetime]:
    """What happened when: each value is a moment between two rows."""
    moments = {}
    put(cluster, "before")
    back_up(cluster, shelf)
    for what in ("one", "two", "three"):
        put(cluster, what)
        moments[what] = now(cluster)
    back_up(cluster, shelf)
    put(cluster, "four")
    moments["four"] = now(cluster)
    archived(cluster, shelf)
    return moments


def ask(cluster: Cluster, statement: str, *params: object) -> list[tuple[object, ...]]:
    with psycopg.connect(cluster.owner_url(), autocommit=True) as connection:
        done = connection.execute(statement.encode(), params or None)
        return done.fetchall() if done.description else []


def put(cluster: Cluster, what: str) -> None:
    ask(cluster, "INSERT INTO kept VALUES (%s)", what)


def now(cluster: Cluster) -> dt.datetime:
    ((moment,),) = ask(cluster, "SELECT clock_timestamp() FROM pg_sleep(0.01)")
    assert isinstance(moment, dt.datetime)
    return moment


def back_up(cluster: Cluster, shelf: Shelf) -> Backup:
    return backing_up.take_backup(cluster, shelf, schema="some", keys=KEYS)


def archived(cluster: Cluster, shelf: Shelf) -> None:
    upto, timeline = backing_up.switch_log(cluster)
    backing_up.wait_until_archived(cluster, shelf, upto, timeline=timeline)


def restored(
    shelf: Shelf, place: Place, to: dt.datetime | None, name: str = "copy"
) -> tuple[list[str], Recovered]:
    """Restore a moment elsewhere; returns the rows that are there."""
    copy = Cluster(Place(root=place.root, city=name), archives=False)
    shutil.rmtree(copy.place.directory, ignore_errors=True)
    copy.prepare_directories()
    plan = plan_restore(shelf, to=to, now=dt.datetime.now(dt.UTC))
    passwords = roles.read_passwords(copy.place.passwords)
    came = recover(copy, plan, passwords=passwords)
    with copy.running():
        rows = ask(copy, "SELECT what FROM kept ORDER BY at")
    return [str(what) for (what,) in rows], came


def test_a_backup_says_what_it_is(story: dict[str, dt.datetime], shelf: Shelf) -> None:
    first, second = shelf.backups()
    assert first.ended_at < story["one"] < second.ended_at
    assert first.timeline == 1
    assert first.end > first.start
    assert first.stored_bytes > 1_000_000
    assert first.directory.stat().st_mode & 0o077 == 0
    assert shelf.archive.directory.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("moment", "rows"),
    [
        ("one", ["before", "one"]),
        ("two", ["before", "one", "two"]),
        ("three", ["before", "one", "two", "three"]),
        ("four", ["before", "one", "two", "three", "four"]),
    ],
)
def test_a_moment_has_what_was_committed_before_it_and_nothing_after(
    story: dict[str, dt.datetime], shelf: Shelf, place: Place, moment: str, rows: list[str]
) -> None:
    there, came = restored(shelf, place, story[moment])
    assert there == rows
    assert came.timeline == 2
    assert came.last_commit_at is not None
    assert came.last_commit_at <= story[moment]


def test_latest_is_everything(story: dict[str, dt.datetime], shelf: Shelf, place: Place) -> None:
    there, _ = restored(shelf, place, None)
    assert there == ["before", "one", "two", "three", "four"]


def test_the_copy_writes_nothing_into_the_citys_archive(
    story: dict[str, dt.datetime], shelf: Shelf, place: Place
) -> None:
    before = set(os.listdir(shelf.archive.directory))
    restored(shelf, place, story["one"])
    assert not {
        name for name in set(os.listdir(shelf.archive.directory)) - before if name[7] == "2"
    }


def test_moments_that_are_not_there_are_refused_with_those_that_are(
    story: dict[str, dt.datetime], shelf: Shelf, place: Place, cluster: Cluster
) -> None:
    early = shelf.backups()[0].ended_at - dt.timedelta(seconds=1)
    with pytest.raises(CannotRestore, match="oldest backup"):
        restored(shelf, place, early)
    with pytest.raises(CannotRestore, match="still to come"):
        restored(shelf, place, dt.datetime.now(dt.UTC) + dt.timedelta(hours=1))
    with pytest.raises(CannotRestore, match="There is no backup"):
        restored(Shelf(directory=place.root / "nothing"), place, story["one"])
    as_it_was = Shelf(directory=place.root / "as_it_was")  # the city's own goes on meanwhile
    shutil.copytree(shelf.directory, as_it_was.directory)
    later = now(cluster)
    with pytest.raises(CannotRestore, match=r"archive ends at .*--to latest"):
        restored(as_it_was, place, later)


def test_a_hole_in_the_log_is_named(
    story: dict[str, dt.datetime], shelf: Shelf, place: Place, tmp_path: Path
) -> None:
    lacking = Shelf(directory=place.root / "lacking")
    shutil.copytree(shelf.directory, lacking.directory)
    second = lacking.backups()[-1]
    shutil.rmtree(second.directory)
    first = lacking.backups()[0]
    names = [it for it in lacking.archive.segments() if it[8:] > f"{0:08X}{first.end >> 24:08X}"]
    (lacking.archive.directory / f"{names[0]}.gz").unlink()
    with pytest.raises(CannotRestore, match=f"{names[0]} is missing"):
        restored(lacking, place, story["four"])
    with pytest.raises(CannotRestore, match=f"{names[0]} is missing"):
        restored(lacking, place, None)


def test_a_damaged_segment_or_backup_is_not_taken_for_the_end(
    story: dict[str, dt.datetime], shelf: Shelf, place: Place
) -> None:
    damaged = Shelf(directory=place.root / "damaged")
    shutil.copytree(shelf.directory, damaged.directory)
    newest = damaged.archive.directory / f"{damaged.archive.segments()[-1]}.gz"
    newest.write_bytes(newest.read_bytes()[:-20])
    with pytest.raises(CannotRestore, match="damaged"):
        restored(damaged, place, story["four"])
    base = damaged.backups()[-1].directory / "base.tar.gz"
    content = bytearray(gzip.decompress(base.read_bytes()))
    content[len(content) // 2] ^= 1
    base.write_bytes(gzip.compress(bytes(content), 1))
    with pytest.raises(PostgresProblem, match="damaged"):
        restored(damaged, place, story["four"])


def test_other_keys_are_refused_by_name(story: dict[str, dt.datetime], shelf: Shelf) -> None:
    backup = shelf.backups()[0]
    refuse_other_keys(backup, {**KEYS, "seal 2": "newer"})
    with pytest.raises(CannotRestore, match="sign differ"):
        refuse_other_keys(backup, {"seal 1": "aa", "sign": "of another city"})
    with pytest.raises(CannotRestore, match="seal 1"):
        refuse_other_keys(backup, {})


KILLED = """
import os, sys
from pathlib import Path
from citycard.infra.postgres import backing_up
from citycard.infra.postgres.cluster import Cluster
from citycard.infra.postgres.place import Place
from citycard.infra.postgres.shelf import Shelf
place = Place(root=Path(sys.argv[1]), city="somewhere")
def tell(what, done, total):
    if what == sys.argv[2]:
        print("now", flush=True)
        sys.stdin.read()
with Cluster(place).running() as cluster:
    backing_up.take_backup(
        cluster, Shelf(directory=place.backups), schema="", keys={}, tell=tell)
"""


@pytest.mark.parametrize("when", ["copy", "check"])
def test_a_killed_backup_is_never_listed_and_leaves_nothing(
    story: dict[str, dt.datetime], shelf: Shelf, place: Place, cluster: Cluster, when: str
) -> None:
    listed = [backup.name for backup in shelf.backups()]
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(place.root), when],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stdin is not None
    with child.stdout as said, child.stdin:
        assert said.readline() == b"now\n"
        assert list(shelf.directory.glob("making-*"))
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert [backup.name for backup in shelf.backups()] == listed
    wait_until_no_backup_runs(cluster)
    back_up(cluster, shelf)
    assert not list(shelf.directory.glob("making-*"))
    assert [backup.name for backup in shelf.backups()][:-1] == listed
    shelf.keep(99)
    shutil.rmtree(shelf.backups()[-1].directory)


def wait_until_no_backup_runs(cluster: Cluster) -> None:
    runs = "SELECT 1 FROM pg_stat_progress_basebackup"
    with psycopg.connect(cluster.admin_url(), autocommit=True) as connection:
        wait_until(
            lambda: not connection.execute(runs.encode()).fetchone(),
            what="pg_basebackup to end with its backup",
        )


def test_two_backups_at_once_are_one_too_many(
    story: dict[str, dt.datetime], shelf: Shelf, cluster: Cluster
) -> None:
    with (
        shelf.making("first"),
        pytest.raises(PostgresProblem, match="Another backup"),
        shelf.making("second"),
    ):
        pass


def test_what_is_in_the_archive_is_never_overwritten_with_other_content(
    story: dict[str, dt.datetime], shelf: Shelf, place: Place, tmp_path: Path
) -> None:
    segment = place.data / "pg_wal" / "000000010000000000000001"
    segment = tmp_path / segment.name
    segment.write_bytes(b"some")
    archive = Shelf(directory=tmp_path / "shelf").archive
    archive.directory.mkdir(parents=True)
    command = archive.settings()["archive_command"][1:-1].replace("''", "'")
    command = command.replace("%f", segment.name).replace("%p", str(segment))

    def archived_ok() -> bool:
        return subprocess.run(["sh", "-c", command], check=False).returncode == 0

    assert archived_ok()
    assert archived_ok(), "the same again is fine: the server asks twice after a crash"
    segment.write_bytes(b"other")
    assert not archived_ok()
    kept = gzip.decompress((archive.directory / f"{segment.name}.gz").read_bytes())
    assert kept == b"some"


def test_a_restore_in_place_begins_a_line_of_its_own_and_each_line_can_be_restored(
    story: dict[str, dt.datetime], shelf: Shelf, cluster: Cluster, place: Place
) -> None:
    """Undo to `two`, live on, then visit moments of both lives."""
    cluster.leave()
    staging = Cluster(
        Place(root=place.directory, city="restoring"), shelf=shelf, binaries=cluster.bin
    )
    plan = plan_restore(shelf, to=story["two"], now=dt.datetime.now(dt.UTC))
    came = recover(staging, plan, passwords=roles.read_passwords(place.passwords))
    at = dt.datetime.now(dt.UTC)
    done = Done(at=at, to=plan.to, backup=plan.backup.name, timeline=came.timeline)
    aside = replace_data(place, staging.place.data, done=done)
    assert aside is not None
    assert (aside / "PG_VERSION").is_file()
    shutil.rmtree(aside)
    cluster.start()
    assert shelf.restores() == [done]
    put(cluster, "another four")
    second_life = now(cluster)
    archived(cluster, shelf)
    assert restored(shelf, place, second_life)[0] == ["before", "one", "two", "another four"]
    assert restored(shelf, place, None)[0] == ["before", "one", "two", "another four"]
    assert restored(shelf, place, story["four"])[0][-1] == "four", "the undone life is not lost"


def test_a_crash_between_the_two_renames_is_finished_by_the_next_start(tmp_path: Path) -> None:
    place = Place(root=tmp_path, city="somewhere")
    place.directory.mkdir()
    (place.directory / "data.restored").mkdir()
    (place.directory / "data.restored" / "PG_VERSION").write_text("18")
    finish_replacing(place)
    assert (place.data / "PG_VERSION").is_file()
    (place.directory / "data.restored").mkdir()
    finish_replacing(place)
    assert (place.directory / "data.restored").exists(), "data that is there is not touched"


def test_only_so_many_are_kept_and_the_log_since_the_oldest_of_them(
    story: dict[str, dt.datetime], shelf: Shelf, cluster: Cluster, place: Place
) -> None:
    back_up(cluster, shelf)
    names = [backup.name for backup in shelf.backups()]
    assert shelf.keep(1) == names[:-1]
    (kept,) = shelf.backups()
    oldest = shelf.archive.segments()[0]
    assert int(oldest[8:16], 16) << 8 | int(oldest[16:], 16) >= kept.start >> 24
    put(cluster, "last")
    moment = now(cluster)
    archived(cluster, shelf)
    assert restored(shelf, place, moment)[0][-1] == "last"
    assert json.loads((kept.directory / "backup.json").read_text())["city"] == "somewhere"
