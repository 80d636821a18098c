"""Card writers: what the agent asks of one, and a simulated one whose cards keep what was
written.
"""

import contextlib
import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from citycard_kiosk import failpoints

LINES_KEPT = 20


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the card's own record."""

    counter: int
    amount_ntd: int
    terminal: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a card says about itself.

    :ivar placement: the pad's number when it was read
    """

    number: str
    issuer: str
    number_kind: str
    purse: int
    counter: int
    recent: Sequence[Line]
    placement: int = 0

    def told(self) -> dict[str, Any]:
        """Return it as the city wants to hear it."""
        return {
            "purse": self.purse,
            "counter": self.counter,
            "recent": [vars(line) for line in self.recent],
        }


class CardGone(Exception):
    """The card is not on the pad, or was taken away while it was written."""


class CardMoved(CardGone):
    """The card has left the pad since it was read; it was certainly not written."""


class WriteFailed(Exception):
    """The writer did not answer; the card may or may not have been written."""


class CardWriter(Protocol):
    """A pad that a card lies on."""

    def on_pad(self) -> str | None:
        """Return the number of the card on the pad, or None."""
        ...

    def placement(self) -> int:
        """Return a number that changes whenever a card is put down or taken away."""
        ...

    def read(self) -> Reading:
        """Read the card on the pad.

        :raises CardGone: there is none
        """
        ...

    def load(self, *, number: str, amount_ntd: int, terminal: str, placement: int) -> Reading:
        """Add to the card's purse and raise its counter by one, both or neither.

        :param placement: as it was when the card was read: a card that has left the pad since, if
            only for a moment, may have been elsewhere and is not written
        :raises CardMoved: it was not written, for it has left the pad since
        :raises CardGone: the card, or this card, is no longer there
        :raises WriteFailed: it isn't known whether it was written
        """
        ...


@dataclass(frozen=True, kw_only=True)
class TrayCard:
    """A demo card beside the pad."""

    id: str
    number: str
    label: str
    label_en: str
    kind: str
    purse: int
    on_pad: bool


_TABLES = """
CREATE TABLE IF NOT EXISTS card (
    number TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, issuer TEXT NOT NULL, number_kind TEXT NOT
    NULL, label TEXT NOT NULL, label_en TEXT NOT NULL, kind TEXT NOT NULL, place INTEGER NOT NULL,
    purse INTEGER NOT NULL CHECK (purse >= 0), counter INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS line (
    number TEXT NOT NULL, counter INTEGER NOT NULL, amount_ntd INTEGER NOT NULL, terminal TEXT NOT
    NULL, PRIMARY KEY (number, counter));
CREATE TABLE IF NOT EXISTS loading (
    issuer TEXT NOT NULL, number TEXT NOT NULL, counter INTEGER NOT NULL, amount_ntd INTEGER NOT
    NULL, terminal TEXT NOT NULL, purse_before INTEGER NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (number, counter));
CREATE TABLE IF NOT EXISTS pad (
    one INTEGER PRIMARY KEY CHECK (one = 1), number TEXT, placement INTEGER NOT NULL);
INSERT OR IGNORE INTO pad VALUES (1, NULL, 0);
"""


class SimulatedWriter:
    """A writer and its cards in a file: purse, counter and record survive as a card's would."""

    def __init__(self, path: Path, *, seconds: float) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.seconds = seconds
        self._lock = threading.RLock()
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._file.execute("PRAGMA journal_mode = DELETE")
        self._file.execute("PRAGMA synchronous = EXTRA")
        self._file.executescript(_TABLES)

    def on_pad(self) -> str | None:
        """Return the number of the card on the pad, or None."""
        (number,) = self._one("SELECT number FROM pad")
        return str(number) if number is not None else None

    def placement(self) -> int:
        """Return a number that changes whenever a card is put down or taken away."""
        (placement,) = self._one("SELECT placement FROM pad")
        return int(placement)

    def read(self) -> Reading:
        """Read the card on the pad."""
        number = self.on_pad()
        if number is None:
            raise CardGone
        return self._reading(number)

    def load(self, *, number: str, amount_ntd: int, terminal: str, placement: int) -> Reading:
        """Write as a card would: nothing for a while, then all at once, unless it was taken
        away.
        """
        time.sleep(self.seconds)
        failpoints.reach("writer.before_write")
        with self._transaction():
            if self.on_pad() == number and self.placement() != placement:
                raise CardMoved
            if self.on_pad() != number:
                raise CardGone
            issuer, purse, counter = self._one(
                "SELECT issuer, purse, counter FROM card WHERE number = ?", number
            )
            self._file.execute(
                "UPDATE card SET purse = ?, counter = ? WHERE number = ?",
                (purse + amount_ntd, counter + 1, number),
            )
            self._file.execute(
                "INSERT INTO line VALUES (?, ?, ?, ?)",
                (number, counter + 1, amount_ntd, terminal),
            )
            self._file.execute(
                "INSERT INTO loading VALUES (?, ?, ?, ?, ?, ?, ?)",
                (issuer, number, counter + 1, amount_ntd, terminal, purse, time.time()),
            )
        failpoints.reach("writer.after_write")
        return self._reading(number)

    # -- what a person at the kiosk does with simulated cards --------------------------------------

    def lay_out(self, cards: Sequence[dict[str, Any]]) -> None:
        """Put the demo's cards into the tray; those that were there keep what is on them."""
        with self._transaction():
            for place, card in enumerate(cards):
                self._file.execute(
                    "INSERT INTO card VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (number)"
                    " DO UPDATE SET id = excluded.id, label = excluded.label,"
                    " label_en = excluded.label_en, kind = excluded.kind, place = excluded.place",
                    (
                        str(card["number"]),
                        str(card.get("id") or place + 1),
                        str(card.get("issuer", "")),
                        str(card.get("number_kind", "")),
                        str(card.get("label", "")),
                        str(card.get("label_en") or card.get("label", "")),
                        str(card.get("kind", "")),
                        place,
                        int(card.get("purse", 100)),
                        int(card.get("counter", 1)),
                    ),
                )

    def lay_out_file(self, path: Path) -> None:
        """Put the cards of a tray file into the tray; without one there are none."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            self.lay_out(json.loads(path.read_text(encoding="utf-8")))

    def tray(self) -> list[TrayCard]:
        """Return the demo's cards."""
        pad = self.on_pad()
        with self._lock:
            found = self._file.execute(
                "SELECT id, number, label, label_en, kind, purse FROM card ORDER BY place"
            ).fetchall()
        names = ("id", "number", "label", "label_en", "kind", "purse")
        return [
            TrayCard(**dict(zip(names, row, strict=True)), on_pad=row[1] == pad) for row in found
        ]

    def put(self, card_id: str) -> None:
        """Put a card on the pad, in place of the one that may be there."""
        with self._transaction():
            self._file.execute(
                "UPDATE pad SET placement = placement + 1,"
                " number = (SELECT number FROM card WHERE id = ?)",
                (card_id,),
            )

    def take(self) -> None:
        """Take the card off the pad."""
        with self._transaction():
            self._file.execute("UPDATE pad SET number = NULL, placement = placement + 1")

    def look_at(self, number: str) -> Reading:
        """Read a card wherever it is; for whoever examines a rehearsal."""
        return self._reading(number)

    def _reading(self, number: str) -> Reading:
        with self._lock:
            issuer, number_kind, purse, counter = self._one(
                "SELECT issuer, number_kind, purse, counter FROM card WHERE number = ?", number
            )
            lines = self._file.execute(
                "SELECT counter, amount_ntd, terminal FROM line WHERE number = ?"
                " ORDER BY counter DESC LIMIT ?",
                (number, LINES_KEPT),
            ).fetchall()
        return Reading(
            placement=self.placement(),
            number=number,
            issuer=issuer,
            number_kind=number_kind,
            purse=purse,
            counter=counter,
            recent=tuple(
                Line(counter=counter, amount_ntd=amount, terminal=terminal)
                for counter, amount, terminal in lines
            ),
        )

    def _one(self, sql: str, *values: object) -> tuple[Any, ...]:
        with self._lock:
            found: tuple[Any, ...] | None = self._file.execute(sql, values).fetchone()
        if found is None:
            raise CardGone
        return found

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._file.execute("ROLLBACK")
                raise
            self._file.execute("COMMIT")
