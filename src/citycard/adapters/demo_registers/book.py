"""A demo register's book: kept in SQLite beside the city, keyed by HMAC of the ID number,
sealed.
"""

import hashlib
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from citycard.adapters.demo_file import opened
from citycard.infra.crypto import blind, seal, unseal

STATES = ("up", "down", "hanging")
_LABEL = "adapters.demo_register.entry"
_CHANGE = "adapters.demo_register.change"
_HANGS_FOR_S = 120.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    register TEXT NOT NULL, person BLOB NOT NULL, kind TEXT NOT NULL, content BLOB NOT NULL,
    PRIMARY KEY (register, person, kind)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS change (
    register TEXT NOT NULL, number INTEGER NOT NULL, content BLOB NOT NULL,
    PRIMARY KEY (register, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS switch (register TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
"""


class RegisterDown(ConnectionError):
    """The demo register is switched off."""


class Book:
    """One file that holds every demo register; several processes may use it at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def enter(self, register: str, entries: Sequence[tuple[str, str, dict[str, Any]]]) -> None:
        """Enter (ID number, kind, content) rows; one that is there already is replaced."""
        found = [_sealed_row(register, *entry) for entry in entries]
        with opened(self.path, _SCHEMA) as book:
            book.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)", found)

    def read(self, register: str, id_number: str, kind: str) -> dict[str, Any] | None:
        """Return what the register holds about a person, or None."""
        person = _person(id_number)
        with opened(self.path, _SCHEMA) as book:
            found = book.execute(
                "SELECT content FROM entry WHERE register = ? AND person = ? AND kind = ?",
                (register, person, kind),
            ).fetchone()
        if found is None:
            return None
        content = json.loads(unseal(_LABEL, found[0], row=_row(register, person, kind)))
        return dict(content)

    def enter_changes(self, register: str, changes: Sequence[dict[str, str]]) -> None:
        """Enter what a register will say happened; a number that is there already is replaced."""
        rows = [
            (register, number, seal(_CHANGE, json.dumps(change), row=f"{register}/{number}"))
            for number, change in ((int(change["change_no"]), change) for change in changes)
        ]
        with opened(self.path, _SCHEMA) as book:
            book.executemany("INSERT OR REPLACE INTO change VALUES (?, ?, ?)", rows)

    def changes(self, register: str) -> list[dict[str, str]]:
        """Return what a register says happened, by number."""
        with opened(self.path, _SCHEMA) as book:
            found = book.execute(
                "SELECT number, content FROM change WHERE register = ? ORDER BY number", (register,)
            ).fetchall()
        return [
            dict(json.loads(unseal(_CHANGE, content, row=f"{register}/{number}")))
            for number, content in found
        ]

    def switch(self, register: str, state: str) -> None:
        """Set a register ``up``, ``down`` or ``hanging``, for every process at once."""
        if state not in STATES:
            raise ValueError(f"a register is one of {STATES}, not {state!r}")
        with opened(self.path, _SCHEMA) as book:
            book.execute("INSERT OR REPLACE INTO switch VALUES (?, ?)", (register, state))

    def state(self, register: str) -> str:
        """Return how a register is switched."""
        with opened(self.path, _SCHEMA) as book:
            found = book.execute(
                "SELECT state FROM switch WHERE register = ?", (register,)
            ).fetchone()
        return str(found[0]) if found else "up"

    def answer_the_door(self, register: str, questions: int) -> None:
        """Behave as the register is switched: take one's time, be down, or hang.

        :raises RegisterDown: it is switched off
        :raises TimeoutError: it hung until somebody mended it, or for two minutes
        """
        self.stand(register)
        time.sleep(_delay_s(questions))

    def stand(self, register: str) -> None:
        """Return when the register is up.

        :raises RegisterDown: it is switched off
        :raises TimeoutError: it hung until somebody mended it, or for two minutes
        """
        gives_up_at = time.monotonic() + _HANGS_FOR_S
        hung = False
        while (state := self.state(register)) == "hanging":
            hung = True
            if time.monotonic() > gives_up_at:
                break
            time.sleep(0.1)
        if state == "down":
            raise RegisterDown(f"the {register} register is switched off")
        if hung:
            raise TimeoutError(f"the {register} register hung")


def _delay_s(questions: int) -> float:
    """Return a register's usual pause: most of a second, more for many; ``CITYCARD_DEMO_DELAY=0``:
    none.
    """
    pace = float(os.environ.get("CITYCARD_DEMO_DELAY", "1") or "0")
    jitter = int.from_bytes(hashlib.sha256(str(time.monotonic()).encode()).digest()[:2], "big")
    return pace * min(0.4 + 0.6 * jitter / 65535 + 0.01 * questions, 3.0)


def _sealed_row(
    register: str, id_number: str, kind: str, content: dict[str, Any]
) -> tuple[str, bytes, str, bytes]:
    person = _person(id_number)
    text = json.dumps(content, ensure_ascii=False)
    return (register, person, kind, seal(_LABEL, text, row=_row(register, person, kind)))


def _row(register: str, person: bytes, kind: str) -> str:
    return f"{register}/{person.hex()}/{kind}"


def _person(id_number: str) -> bytes:
    return blind("adapters.demo_register.person", id_number.strip().upper())
