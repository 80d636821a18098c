"""A demo card company: keeps the names it was sent, in a book of its own, by keyed hash of the
number."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from citycard.adapters.demo_file import opened
from citycard.adapters.printer.switches import Switches
from citycard.infra.crypto import blind
from citycard.issuing.ports import Acknowledgement, NameRegistration

_SCHEMA = """
CREATE TABLE IF NOT EXISTS holder (
    key TEXT PRIMARY KEY, card BLOB NOT NULL UNIQUE, receipt TEXT NOT NULL) WITHOUT ROWID
"""


class DemoCardCompany:
    """Takes each name once; a registration that comes again gets the same receipt."""

    def __init__(self, path: Path, switches: Switches) -> None:
        self._path = path
        self._switches = switches

    def register_names(
        self, registrations: Sequence[NameRegistration]
    ) -> Sequence[Acknowledgement]:
        """Take names.

        :raises OSError: it is switched down or hangs
        """
        state = self._switches.behave("company", usual_s=0.4)
        with opened(self._path, _SCHEMA) as book:
            return [self._take(book, each, state) for each in registrations]

    def check(self) -> str:
        """Say how it is; raise when it is switched down."""
        self._switches.behave("company", usual_s=0)
        return "demo card company, up"

    def count(self) -> int:
        """Return how many names it has: the other side of a day's reconciliation."""
        with opened(self._path, _SCHEMA) as book:
            return int(book.execute("SELECT count(*) FROM holder").fetchone()[0])

    def _take(
        self, book: sqlite3.Connection, each: NameRegistration, state: str
    ) -> Acknowledgement:
        card = blind("adapters.card_company.card", each.card_number)
        known = book.execute(
            "SELECT receipt FROM holder WHERE key = ? OR card = ?", (each.key, card)
        ).fetchone()
        if known:
            return Acknowledgement(key=each.key, accepted=True, receipt=known[0])
        if state == "refusing" or not each.name:
            return Acknowledgement(key=each.key, accepted=False, why="name_not_readable")
        receipt = f"R{card.hex()[:12].upper()}"
        book.execute("INSERT INTO holder VALUES (?, ?, ?)", (each.key, card, receipt))
        return Acknowledgement(key=each.key, accepted=True, receipt=receipt)
