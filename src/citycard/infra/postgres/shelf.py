"""Where a city's backups stand: one directory each, the log's archive, and what was done with them.

A backup is on the shelf once its directory has its name; it is made under another, so that what was
interrupted is never listed.
"""

import datetime as dt
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from citycard.infra.postgres.archiving import WalArchive
from citycard.infra.postgres.errors import PostgresProblem
from citycard.infra.postgres.lease import Lease
from citycard.infra.postgres.place import make_directory

CARD = "backup.json"
_MAKING, _REMOVING = "making-", "removing-"


@dataclass(frozen=True, kw_only=True)
class Backup:
    """One backup, as its card says.

    :ivar ended_at: the first moment that it can be restored to
    :ivar start, end: log positions between which it was copied
    :ivar keys: what the city's keys look like, without telling any of them
    :ivar keys_enclosed: whether the keys lie in it, under a passphrase
    :ivar demo: its people and keys are invented; it never becomes a real city
    """

    directory: Path
    city: str
    began_at: dt.datetime
    ended_at: dt.datetime
    postgres: int
    system: int
    timeline: int
    start: int
    end: int
    schema: str
    keys: Mapping[str, str] = field(default_factory=dict)
    keys_enclosed: bool = False
    demo: bool = False
    data_bytes: int = 0
    stored_bytes: int = 0

    @property
    def name(self) -> str:
        return self.directory.name

    def card(self) -> str:
        """Return the card's text."""
        facts = asdict(self)
        del facts["directory"]
        return json.dumps(facts, default=_written, indent=1)


@dataclass(frozen=True, kw_only=True)
class Done:
    """A restore or a drill that was done.

    :ivar at: when it ended
    :ivar to: the moment that was restored
    :ivar timeline: of a restore: the line of the log that begins with it
    :ivar says: of a drill: what differed; empty when nothing did
    """

    at: dt.datetime
    to: dt.datetime | None
    backup: str
    timeline: int = 0
    ok: bool = True
    seconds: float = 0.0
    says: str = ""

    def line(self) -> str:
        """Return it as one line of a list."""
        return json.dumps(asdict(self), default=_written, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, line: str) -> "Done":
        """Return what a line says."""
        return cls(**_with_times(json.loads(line)))


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """The backups in one directory."""

    directory: Path

    @property
    def archive(self) -> WalArchive:
        return WalArchive(directory=self.directory / "wal")

    def backups(self) -> list[Backup]:
        """Return what can be restored, oldest first."""
        cards = sorted(self.directory.glob(f"[0-9]*/{CARD}"))
        return sorted(map(_read, cards), key=lambda backup: backup.ended_at)

    def newest(self) -> Backup | None:
        """Return the newest backup."""
        return next(reversed(self.backups()), None)

    @contextmanager
    def making(self, name: str) -> Iterator[Path]:
        """Have a directory to make a backup in, alone; what others left unfinished is removed.

        :raises PostgresProblem: another backup is being made
        """
        make_directory(self.directory, mode=0o755)
        lock = Lease(self.directory / "lock")
        try:
            if not lock.take_if_last():
                raise PostgresProblem("Another backup of this city is being made.")
            self._sweep()
            making = self.directory / f"{_MAKING}{name}"
            make_directory(making, mode=0o700)
            try:
                yield making
            finally:
                shutil.rmtree(making, ignore_errors=True)
        finally:
            lock.close()

    def put(self, made: Path, backup: Backup) -> Backup:
        """Put a finished backup on the shelf: from here on it is listed."""
        stored = sum(path.stat().st_size for path in made.rglob("*") if path.is_file())
        listed = replace(backup, stored_bytes=stored)
        write_durably(made / CARD, listed.card())
        sync_directory(made)
        made.rename(listed.directory)
        sync_directory(self.directory)
        return listed

    def keep(self, number: int) -> list[str]:
        """Keep the newest backups and the log since the oldest of them; returns what was removed.

        :param number: how many, at least one
        """
        backups = self.backups()
        old = backups[: -max(1, number)]
        for backup in old:
            aside = self.directory / f"{_REMOVING}{backup.name}"
            backup.directory.rename(aside)
            shutil.rmtree(aside)
        kept = backups[len(old) :]
        if kept:
            self.archive.prune(before=min(backup.start for backup in kept))
        return [backup.name for backup in old]

    def restores(self) -> list[Done]:
        """Return the restores in place that this city went through, oldest first."""
        return _lines(self.directory / "restores.jsonl")

    def drills(self) -> list[Done]:
        """Return the drills, oldest first."""
        return _lines(self.directory / "drills.jsonl")

    def note_restore(self, done: Done) -> None:
        """Remember a restore in place."""
        _append(self.directory / "restores.jsonl", done)

    def note_drill(self, done: Done) -> None:
        """Remember a drill, well ended or not."""
        _append(self.directory / "drills.jsonl", done)

    def _sweep(self) -> None:
        for prefix in (_MAKING, _REMOVING):
            for left in self.directory.glob(f"{prefix}*"):
                shutil.rmtree(left)


def write_durably(path: Path, text: str) -> None:
    """Write a file of ours and force it to disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def sync_directory(path: Path) -> None:
    """Force a directory's names to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(card: Path) -> Backup:
    return Backup(directory=card.parent, **_with_times(json.loads(card.read_text())))


def _lines(path: Path) -> list[Done]:
    if not path.is_file():
        return []
    return [Done.read(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _append(path: Path, done: Done) -> None:
    make_directory(path.parent, mode=0o755)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
        file.write(done.line())
        file.flush()
        os.fsync(file.fileno())


def _with_times(facts: dict[str, Any]) -> dict[str, Any]:
    times: Sequence[str] = ("began_at", "ended_at", "at", "to")
    return {
        name: dt.datetime.fromisoformat(value) if name in times and value else value
        for name, value in facts.items()
    }


def _written(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.datetime) else str(value)
