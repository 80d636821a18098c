"""A restore of one instance: what could forbid it is asked before anything is touched."""

import contextlib
import datetime as dt
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from citycard.config import instance, migrating, preparing, saving
from citycard.infra import crypto, journal
from citycard.infra.postgres import roles
from citycard.infra.postgres.choosing import CannotRestore, Plan, plan_restore, refuse_other_keys
from citycard.infra.postgres.cluster import Cluster
from citycard.infra.postgres.lease import Lease
from citycard.infra.postgres.place import Place, make_directory
from citycard.infra.postgres.recovering import recover
from citycard.infra.postgres.replacing import replace_data
from citycard.infra.postgres.shelf import Backup, Done, Shelf

LEFT_WITHIN_S = 10.0
UP_LOCK = "up.lock"
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What a restore did.

    :ivar aside: where the data that was there lies now; None where there was none
    """

    last_commit_at: dt.datetime | None
    aside: Path | None


def plan(shelf: Shelf, place: Place, *, to: dt.datetime | None) -> Plan:
    """Choose how to restore a moment into a place.

    :raises CannotRestore: no backup leads there, or it is another city's
    """
    chosen = plan_restore(shelf, to=to, now=dt.datetime.now(dt.UTC))
    if chosen.backup.city != place.city:
        raise CannotRestore(
            f"{chosen.backup.directory} is a backup of {chosen.backup.city}, not of {place.city}."
        )
    return chosen


def check_keys(backup: Backup, place: Place, *, ask: Callable[[], str]) -> Mapping[str, bytes]:
    """Make sure that the keys at hand open the backup; returns key files still to be put there.

    :param ask: asks for the passphrase of enclosed keys; only where no keys are there
    :raises CannotRestore: there are none, or they are another city's or another time's
    :raises WrongPassphrase: the enclosed ones don't open
    """
    keys = saving.key_file(place)
    if keys.exists():
        refuse_other_keys(backup, crypto.read_keys(keys).prints())
        return {}
    if not backup.keys_enclosed:
        raise CannotRestore(
            f"There are no keys at {keys}, and {backup.name} encloses none. Put the city's own key "
            "file there first: without it sealed fields can't be read."
        )
    files = saving.unlocked_keys(backup, passphrase=ask())
    refuse_other_keys(backup, crypto.keys_from(files[saving.KEYS]).prints())
    return files


@contextlib.contextmanager
def alone(place: Place) -> Iterator[None]:
    """Have a city's place to oneself.

    :raises CannotRestore: the city is up, or another command uses its database
    """
    make_directory(place.directory, mode=0o755)
    up, lease = Lease(place.directory / UP_LOCK), Lease(place.lease)
    try:
        if not up.take_if_last():
            raise CannotRestore(f"{place.city} is up; stop it first (Ctrl-C, or its service).")
        deadline = time.monotonic() + LEFT_WITHIN_S
        while not (lease.take_if_last() and Cluster(place).pid() is None):
            lease.release()
            if time.monotonic() > deadline:
                raise CannotRestore(f"Another command uses the database of {place.city}.")
            time.sleep(0.1)
        yield
    finally:
        lease.close()
        up.close()


def restore(plan: Plan, place: Place, *, tell: Tell) -> Restored:
    """Recover a plan's moment beside the city's data, then put it in its place.

    Nothing is replaced before the moment is there whole. The caller is alone in the place.

    :raises PostgresProblem: it can't be recovered; the city's data is as it was
    """
    cluster, shelf = Cluster(place), Shelf(directory=place.backups)
    cluster.prepare_directories()
    staging = Cluster(
        Place(root=place.directory, city="restoring"), shelf=shelf, binaries=cluster.bin
    )
    try:
        came = recover(
            staging,
            plan,
            passwords=roles.read_passwords(place.passwords),
            then=journal.begin_generation,
            old_data=place.data if place.data.is_dir() else None,
            tell=tell,
        )
        done = Done(
            at=dt.datetime.now(dt.UTC),
            to=plan.to,
            backup=plan.backup.name,
            timeline=came.timeline,
        )
        if plan.backup.demo:
            (place.directory / "demo").touch()
        aside = replace_data(place, staging.place.data, done=done)
    finally:
        shutil.rmtree(staging.place.directory, ignore_errors=True)
    return Restored(last_commit_at=came.last_commit_at, aside=aside)


def wake(city: str) -> bool:
    """Start the restored database once: this version's schema, and the outside told of the restore.

    :returns: whether the schema had to be brought up to date
    :raises NotPrepared, MigrationFailed: it could not be
    """
    with instance.running(city) as here:
        changed = preparing.migrate(here, lambda name: None)
        assert migrating.is_current(here.app_url())
        instance.set_up_django()
        from citycard.infra import clock
        from citycard.people import api as people

        people.note_restore(now=clock.now())
    return changed
