"""Backups of one instance: whose database it is, which keys belong to it, what they may lie in."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg

from citycard.config import environment, migrating
from citycard.config.instance import Instance
from citycard.infra import crypto, safekeeping
from citycard.infra.postgres import backing_up
from citycard.infra.postgres.errors import PostgresProblem
from citycard.infra.postgres.place import Place, make_directory
from citycard.infra.postgres.shelf import Backup, Shelf

SEALED_KEYS = "keys.sealed"
KEYS = "keys.json"
NOT_OURS = (
    "This instance's PostgreSQL is your own (DATABASE_URL), and so are its backups: have whoever "
    "runs it archive its log and rehearse point-in-time recovery (pgBackRest, Barman, or the "
    "provider's own). Back the keys up apart from it. docs/guides/backup-and-restore.md says what "
    "to do after such a restore."
)


def refuse_foreign_server() -> None:
    """Stop where the server isn't ours to copy.

    :raises PostgresProblem: it is named by DATABASE_URL; with what to do instead
    """
    if os.environ.get("DATABASE_URL"):
        raise PostgresProblem(NOT_OURS)


def own_shelf(here: Instance) -> Shelf:
    """Return where this instance keeps its backups."""
    return Shelf(directory=here.place.backups)


def back_up(
    here: Instance,
    *,
    tell: Callable[[str, int, int], None],
    passphrase: str | None = None,
    keep: int | None = None,
) -> Backup:
    """Back up the running instance's database and remove what is too old.

    :param passphrase: encloses the keys, sealed with it
    :param keep: how many backups stay; None: what CITYCARD_BACKUPS_KEEP says
    :raises PostgresProblem: it could not be made, or its log doesn't reach the archive
    """
    assert here.cluster is not None
    keys = key_file(here.place)
    sealed = None
    if passphrase is not None:
        sealed = {
            SEALED_KEYS: safekeeping.lock(_key_files(here.place, keys), passphrase=passphrase)
        }
    shelf = own_shelf(here)
    backup = backing_up.take_backup(
        here.cluster,
        shelf,
        schema=_schema(here.app_url()),
        keys=crypto.read_keys(keys).prints(),
        enclosed=sealed,
        demo=(here.place.directory / "demo").exists(),
        tell=tell,
    )
    backing_up.wait_until_archived(here.cluster, shelf, backup.end, timeline=backup.timeline)
    shelf.keep(environment.number("CITYCARD_BACKUPS_KEEP") if keep is None else keep)
    return backup


def key_file(place: Place) -> Path:
    """Return the file of the city's keys, whether it is there or not."""
    return Path(os.environ.get("CITYCARD_KEYS") or place.keys / KEYS)


def unlocked_keys(backup: Backup, *, passphrase: str) -> Mapping[str, bytes]:
    """Return the key files that lie in a backup.

    :raises WrongPassphrase: they don't open
    """
    sealed = (backup.directory / SEALED_KEYS).read_bytes()
    return safekeeping.unlock(sealed, passphrase=passphrase)


def put_keys(place: Place, files: Mapping[str, bytes]) -> None:
    """Write key files where this instance looks for them; what is there stays."""
    make_directory(place.keys, mode=0o700)
    for name, content in files.items():
        path = key_file(place) if name == KEYS else place.keys / Path(name).name
        make_directory(path.parent, mode=0o700)
        if path.exists():
            continue
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def _key_files(place: Place, keys: Path) -> dict[str, bytes]:
    beside = {path.name: path.read_bytes() for path in place.keys.glob("*") if path.is_file()}
    return {**beside, KEYS: keys.read_bytes()}


def _schema(url: str) -> str:
    with psycopg.connect(url) as connection:
        found = connection.execute(migrating.STANDS_AT.encode()).fetchone()
    return str(found[0]) if found and found[0] else ""
