"""A file of a demo system's own, which several processes may use at once."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def opened(path: Path, schema: str) -> Iterator[sqlite3.Connection]:
    """Open the file, making its tables where they aren't there, for one transaction alone."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = sqlite3.connect(path, timeout=10, isolation_level=None)
    try:
        file.execute("PRAGMA journal_mode = WAL")
        file.executescript(schema)
        file.execute("BEGIN IMMEDIATE")
        yield file
        file.execute("COMMIT")
    finally:
        file.close()
