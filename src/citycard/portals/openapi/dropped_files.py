"""The folder for systems that can do no more than write files: found, claimed, answered, moved.

Each system has a folder named for its code. It writes ``in/<kind>-<name>.csv`` under another ending
and renames it when it is complete; a file that was still written to a moment ago is left for the
next round. What it is answered lies in ``out``; the file itself goes to ``done`` or ``refused``.
"""

import fcntl
import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

SETTLED_S = 5.0
MOST_BYTES = 4 * 1024 * 1024
Place = Literal["done", "refused", "broken"]
"""Where a file goes; ``broken``: it is ours to see to. Moved back to ``in``, it is taken again."""

_NAME = re.compile(r"(taps|numbers|earnings)-[\w.-]{1,100}\.csv")


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """A file that waits to be taken.

    :ivar client: the folder's name: the system's code
    :ivar kind: what it holds; empty where its name doesn't say
    """

    client: str
    kind: str
    path: Path
    content: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """Return what tells its content from any other."""
        return hashlib.sha256(self.content).hexdigest()


@contextmanager
def alone(root: Path) -> Iterator[bool]:
    """Hold the folder, or find that another run has it."""
    with (root / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def waiting(root: Path) -> Iterator[Dropped]:
    """Yield the complete files of every system's folder, by folder and name."""
    for folder in sorted(one for one in root.iterdir() if (one / "in").is_dir()):
        for path in sorted((folder / "in").iterdir()):
            if path.suffix == ".csv" and not path.name.startswith(".") and _is_settled(path):
                named = _NAME.fullmatch(path.name)
                content = path.read_bytes()[: MOST_BYTES + 1]
                kind = named.group(1) if named else ""
                yield Dropped(client=folder.name, kind=kind, path=path, content=content)


def settle(dropped: Dropped, *, place: Place, answer: str) -> None:
    """Lay the answer beside and move the file away; done again, it is the same.

    Should the machine die in between, the file is taken again: what it did is done once.
    """
    folder = dropped.path.parent.parent
    name = f"{dropped.path.stem}.{dropped.digest[:8]}"
    _write(folder / "out" / f"{name}.{'result' if place == 'done' else 'refused'}.csv", answer)
    (folder / place).mkdir(exist_ok=True)
    os.replace(dropped.path, folder / place / f"{name}.csv")
    _counter(dropped).unlink(missing_ok=True)


def count_broken(dropped: Dropped) -> int:
    """Count one more round in which a file broke us; returns how many there were."""
    counter = _counter(dropped)
    with counter.open("a", encoding="ascii") as file:
        file.write("x")
    return counter.stat().st_size


def broken_files(root: Path) -> int:
    """Count the files that were put aside because they break us."""
    return sum(1 for _ in root.glob("*/broken/*.csv"))


def _counter(dropped: Dropped) -> Path:
    return dropped.path.with_name(f".{dropped.path.name}.broken")


def _is_settled(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    return time.time() - path.stat().st_mtime > SETTLED_S


def _write(path: Path, text: str) -> None:
    """Write a file so that whoever looks finds it whole or not at all."""
    path.parent.mkdir(exist_ok=True)
    unfinished = path.with_suffix(".part")
    with unfinished.open("w", encoding="utf-8-sig", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)
