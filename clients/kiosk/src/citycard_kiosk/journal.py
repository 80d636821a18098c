"""The agent's journal: on the disk before the card is touched, so that a restart knows what it
did.
"""

import datetime as dt
import sqlite3
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

State = Literal["asked", "reserved", "allowed", "untouched", "touching", "written", "closed"]
NOT_TOUCHED: frozenset[State] = frozenset({"asked", "reserved", "allowed", "untouched"})
"""States in which the card cannot have been written."""

_TABLE = """
CREATE TABLE IF NOT EXISTS redemption (
    key TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    number TEXT NOT NULL,
    points INTEGER NOT NULL,
    ntd INTEGER NOT NULL,
    purse_before INTEGER NOT NULL,
    counter_before INTEGER NOT NULL,
    purse_after INTEGER,
    counter_after INTEGER,
    outcome TEXT NOT NULL DEFAULT '',
    begun_at REAL NOT NULL,
    changed_at REAL NOT NULL,
    sent_at REAL NOT NULL DEFAULT 0
)
"""
_DAYS = "CREATE TABLE IF NOT EXISTS day_sent (day TEXT PRIMARY KEY, at REAL NOT NULL)"
_LINES = """
SELECT key, state, number, points, ntd, purse_before, counter_before, purse_after, counter_after,
    outcome, rowid, begun_at, changed_at FROM redemption
"""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One redemption in the journal.

    :ivar seq: its number: 1, 2, 3 …; nothing is ever deleted, so a gap is a loss
    """

    key: uuid.UUID
    state: State
    number: str
    points: int
    ntd: int
    purse_before: int
    counter_before: int
    purse_after: int | None
    counter_after: int | None
    outcome: str
    seq: int
    begun_at: float
    changed_at: float


class Journal:
    """A file of redemptions. Every change is on the disk when its method returns."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._file.execute("PRAGMA journal_mode = DELETE")
        self._file.execute("PRAGMA synchronous = EXTRA")
        self._file.execute(_TABLE)
        self._file.execute(_DAYS)

    def begin(self, *, number: str, points: int, ntd: int, purse: int, counter: int) -> uuid.UUID:
        """Note that a redemption is about to be asked for; its key is chosen here, once."""
        key = uuid.uuid4()
        now = time.time()
        self._do(
            "INSERT INTO redemption (key, state, number, points, ntd, purse_before, counter_before,"
            " begun_at, changed_at) VALUES (?, 'asked', ?, ?, ?, ?, ?, ?, ?)",
            str(key),
            number,
            points,
            ntd,
            purse,
            counter,
            now,
            now,
        )
        return key

    def note(self, key: uuid.UUID, state: State) -> None:
        """Note the next step."""
        self._do(
            "UPDATE redemption SET state = ?, changed_at = ? WHERE key = ?",
            state,
            time.time(),
            str(key),
        )

    def note_written(self, key: uuid.UUID, *, purse: int, counter: int) -> None:
        """Note that the card was written, and what it said afterwards."""
        self._do(
            "UPDATE redemption SET state = 'written', purse_after = ?, counter_after = ?,"
            " changed_at = ? WHERE key = ?",
            purse,
            counter,
            time.time(),
            str(key),
        )

    def close(self, key: uuid.UUID, outcome: str) -> None:
        """Note that nothing is left to do."""
        self._do(
            "UPDATE redemption SET state = 'closed', outcome = ?, changed_at = ? WHERE key = ?",
            outcome,
            time.time(),
            str(key),
        )

    def open_lines(self) -> list[Line]:
        """Return what is not closed, oldest first."""
        return self._lines("WHERE state <> 'closed' ORDER BY begun_at")

    def line(self, key: uuid.UUID) -> Line:
        """Return one redemption."""
        (found,) = self._lines("WHERE key = ?", str(key))
        return found

    def all_lines(self) -> list[Line]:
        """Return everything, oldest first; for whoever examines a kiosk."""
        return self._lines("ORDER BY begun_at")

    def unsent(self, most: int) -> list[Line]:
        """Return what has ended and was not sent since, oldest first."""
        return self._lines(
            "WHERE state = 'closed' AND sent_at < changed_at ORDER BY rowid LIMIT ?", most
        )

    def note_sent(self, lines: Sequence[Line]) -> None:
        """Note that lines were sent as they are; one that has changed since is sent again."""
        for line in lines:
            self._do(
                "UPDATE redemption SET sent_at = ? WHERE key = ? AND changed_at = ?",
                line.changed_at,
                str(line.key),
                line.changed_at,
            )

    def days_to_send(self, today: dt.date) -> list[dt.date]:
        """Return days before today that were not sent whole, oldest first."""
        with self._lock:
            found = self._file.execute(
                "SELECT DISTINCT date(begun_at, 'unixepoch') AS day FROM redemption"
                " WHERE day < ? AND day NOT IN (SELECT day FROM day_sent) ORDER BY day",
                (today.isoformat(),),
            ).fetchall()
        return [dt.date.fromisoformat(day) for (day,) in found]

    def lines_of(self, day: dt.date) -> list[Line]:
        """Return a day's lines, in the order in which they were begun."""
        return self._lines("WHERE date(begun_at, 'unixepoch') = ? ORDER BY rowid", day.isoformat())

    def note_day(self, day: dt.date) -> None:
        """Note that a day was sent whole."""
        self._do("INSERT OR IGNORE INTO day_sent VALUES (?, ?)", day.isoformat(), time.time())

    def _do(self, sql: str, *values: object) -> None:
        with self._lock:
            self._file.execute(sql, values)

    def _lines(self, condition: str, *values: object) -> list[Line]:
        with self._lock:
            found: Sequence[Sequence[object]] = self._file.execute(
                _LINES + condition,
                values,
            ).fetchall()
        return [_line(row) for row in found]


def _line(row: Sequence[object]) -> Line:
    names = tuple(Line.__dataclass_fields__)
    told = dict(zip(names, row, strict=True)) | {"key": uuid.UUID(str(row[0]))}
    return Line(**told)  # type: ignore[arg-type]  # the table's own types
