"""The reader's journal: a tap is on disk, under its number, before anything is sent."""

import datetime as dt
import json
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from citycard_reader.numbers import check

KEPT_APART = ("conflict", "quarantined_time")
"""The city keeps such a tap under its number: sent again, it is answered the same."""


class NotToMend(LookupError):
    """There is no such tap that the city did not take."""


def may_be_mended(answer: str) -> bool:
    """Tell whether an answer says that the city has nothing of the tap."""
    return json.loads(answer)["code"] not in KEPT_APART


class Tap(NamedTuple):
    """A tap as it was noted; ``epoch, seq`` is its identity with this reader.

    :ivar ride: what a vehicle's, a gate's or a dock's device knows of the ride, as JSON, or None
    :ivar sale: what a till says of the price, as JSON, or None
    :ivar answered: what the reader answered by itself, as JSON, or None
    """

    epoch: int
    seq: int
    at: str
    number: str
    ride: str | None = None
    sale: str | None = None
    answered: str | None = None


class Journal:
    """Taps by epoch and sequence, with the gate's answer once there is one."""

    def __init__(self, path: str | Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")  # a tap that is noted survives a power cut
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS tap (epoch INTEGER, seq INTEGER, at TEXT NOT NULL,"
            " number TEXT, answer TEXT, ride TEXT, sale TEXT, answered TEXT,"
            " PRIMARY KEY (epoch, seq))"
        )
        self._db.execute(
            "CREATE INDEX IF NOT EXISTS tap_waiting ON tap (epoch, seq) WHERE answer IS NULL"
        )
        known = {row[1] for row in self._db.execute("PRAGMA table_info(tap)")}
        for column in {"sale", "answered"} - known:  # a journal from before there were any
            self._db.execute(f"ALTER TABLE tap ADD COLUMN {column} TEXT")

    def note(
        self,
        number: str,
        *,
        epoch: int,
        at: dt.datetime,
        ride: Mapping[str, Any] | None = None,
        sale: Mapping[str, Any] | None = None,
        answered: Mapping[str, Any] | None = None,
    ) -> Tap:
        """Write a tap down under the epoch's next number; it is on disk when this returns.

        What is written is what will be sent, however often: a tap never changes its content.

        :raises Misread: what was read is no card's number; nothing was written
        """
        check(number)
        assert at.tzinfo is not None, "a tap's time names its zone"
        self._db.execute("BEGIN IMMEDIATE")
        (seq,) = self._db.execute(
            "SELECT coalesce(max(seq), 0) + 1 FROM tap WHERE epoch = ?", [epoch]
        ).fetchone()
        parts = [None if part is None else json.dumps(part) for part in (ride, sale, answered)]
        tap = Tap(epoch, seq, at.isoformat(), number, *parts)
        self._db.execute(
            "INSERT INTO tap (epoch, seq, at, number, ride, sale, answered)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            tap,
        )
        self._db.execute("COMMIT")
        return tap

    def waiting(self, limit: int = 500) -> list[Tap]:
        """Return the oldest taps that have no answer yet."""
        found = self._db.execute(
            "SELECT epoch, seq, at, number, ride, sale, answered FROM tap WHERE answer IS NULL"
            " ORDER BY epoch, seq LIMIT ?",
            [limit],
        )
        return [Tap(*row) for row in found]

    def backlog(self) -> int:
        """Return how many taps have no answer yet."""
        (count,) = self._db.execute("SELECT count(*) FROM tap WHERE answer IS NULL").fetchone()
        return int(count)

    def answered(self, answers: Sequence[tuple[Tap, str]], *, to_mend: Sequence[Tap] = ()) -> None:
        """Keep the gate's answers; number and ride are forgotten, they are no longer needed.

        :param to_mend: taps that the city did not take, or keeps apart; they are kept whole for
            whoever mends the device
        """
        kept = {(tap.epoch, tap.seq) for tap in to_mend}
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(
            "UPDATE tap SET answer = ? WHERE epoch = ? AND seq = ?",
            [(answer, tap.epoch, tap.seq) for tap, answer in answers],
        )
        self._db.executemany(
            "UPDATE tap SET number = NULL, ride = NULL, sale = NULL WHERE epoch = ? AND seq = ?",
            [tap[:2] for tap, _ in answers if tap[:2] not in kept],
        )
        self._db.execute("COMMIT")

    def to_mend(self) -> list[tuple[Tap, str]]:
        """Return the taps that were kept for whoever mends the device, each with its answer."""
        found = self._db.execute(
            "SELECT epoch, seq, at, number, ride, sale, answered, answer FROM tap"
            " WHERE answer IS NOT NULL AND number IS NOT NULL ORDER BY epoch, seq"
        )
        return [(Tap(*row[:-1]), row[-1]) for row in found]

    def mended(
        self,
        epoch: int,
        seq: int,
        *,
        number: str | None = None,
        ride: Mapping[str, Any] | None = None,
        sale: Mapping[str, Any] | None = None,
    ) -> None:
        """Let a tap that the city did not take wait again, under its own number.

        The city knows nothing of it, so it may say something else now: what is given takes the
        place of what was noted. Its time, and what the reader answered by itself, stay.

        :raises NotToMend: there is no such tap, or the city keeps it apart
        :raises Misread: the number is no card's number
        """
        if number is not None:
            check(number)
        found = self._db.execute(
            "SELECT answer FROM tap WHERE epoch = ? AND seq = ?"
            " AND answer IS NOT NULL AND number IS NOT NULL",
            [epoch, seq],
        ).fetchone()
        if found is None:
            raise NotToMend(f"{epoch}:{seq} is no tap that is to be mended")
        if not may_be_mended(found[0]):
            raise NotToMend(f"the city keeps {epoch}:{seq} apart; sent again, it changes nothing")
        parts = [None if part is None else json.dumps(part) for part in (ride, sale)]
        self._db.execute(
            "UPDATE tap SET answer = NULL, number = coalesce(?, number), ride = coalesce(?, ride),"
            " sale = coalesce(?, sale) WHERE epoch = ? AND seq = ? AND answer IS NOT NULL",
            [number, *parts, epoch, seq],
        )

    def close(self) -> None:
        """Close the file."""
        self._db.close()
