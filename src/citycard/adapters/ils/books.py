"""A demo library's books: patrons, items, loans, holds and fines, in a file of its own."""

import datetime as dt
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from citycard.adapters.demo_file import opened
from citycard.cards.ports import LibraryPatron

LOAN_DAYS = 28
MOST_LOANS = 10
MOST_RENEWALS = 2
MOST_FINES_NTD = 300

_SCHEMA = """
CREATE TABLE IF NOT EXISTS patron (number TEXT PRIMARY KEY, name TEXT, pin TEXT, state TEXT);
CREATE TABLE IF NOT EXISTS item (barcode TEXT PRIMARY KEY, title TEXT, place TEXT);
CREATE TABLE IF NOT EXISTS loan (barcode TEXT PRIMARY KEY, patron TEXT, due TEXT, renewed INTEGER);
CREATE TABLE IF NOT EXISTS hold (barcode TEXT, patron TEXT, PRIMARY KEY (barcode, patron));
CREATE TABLE IF NOT EXISTS fine (patron TEXT PRIMARY KEY, ntd INTEGER);
CREATE TABLE IF NOT EXISTS mood (name TEXT PRIMARY KEY, value TEXT);
"""

TITLES = (
    "紅樓夢", "西遊記", "水滸傳", "三國演義", "聊齋誌異", "儒林外史", "論語", "詩經", "楚辭",
    "史記", "世說新語", "夢溪筆談", "徐霞客遊記", "天工開物", "本草綱目", "裨海紀遊", "臺灣通史",
    "浮生六記", "老殘遊記", "鏡花緣", "封神演義", "三字經", "千字文", "唐詩三百首", "古文觀止",
    "𠮷祥圖案", "Pride and Prejudice", "Moby-Dick", "銀河鉄道の夜",
)  # fmt: skip
"""Old books, whose authors mind nothing; one title has a character beyond the basic plane."""

OWN_PATRONS = (
    LibraryPatron(number="A0000000001", name="陳𡍼生"),
    LibraryPatron(number="A0000000002", name="游錫堃"),
    LibraryPatron(number="A0000000003", name="𠮷田 裕子"),
)
"""Readers whom the city doesn't know: they hold the library's own card."""


@dataclass(frozen=True)
class Loan:
    """An item that somebody has."""

    barcode: str
    title: str
    patron: str
    due: str
    renewed: int


@dataclass(frozen=True)
class Account:
    """A patron with what the library knows of them."""

    number: str
    name: str
    pin: str
    state: str
    loans: tuple[Loan, ...]
    holds: tuple[str, ...]
    fines_ntd: int

    def may_borrow(self) -> str:
        """Return why not; empty: they may."""
        if self.state != "active":
            return "借閱權限停用，請洽櫃台"
        if self.fines_ntd > MOST_FINES_NTD:
            return "逾期滯還金未繳清，請洽櫃台"
        return "已達借閱冊數上限" if len(self.loans) >= MOST_LOANS else ""


class Books:
    """The library's own memory. Every change is one transaction of the file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def enter_patrons(self, patrons: Sequence[LibraryPatron]) -> None:
        """Enter patrons; one entered again is replaced."""
        with self._open() as file:
            file.executemany(
                "INSERT OR REPLACE INTO patron VALUES (?, ?, ?, ?)",
                [(one.number, one.name, one.pin, one.state) for one in patrons],
            )

    def patron(self, number: str) -> Account | None:
        """Return a patron by the library's own number."""
        with self._open() as file:
            known = file.execute("SELECT * FROM patron WHERE number = ?", [number]).fetchone()
            if known is None:
                return None
            _, name, pin, state = known
            fine = file.execute("SELECT ntd FROM fine WHERE patron = ?", [number]).fetchone()
            holds = file.execute("SELECT barcode FROM hold WHERE patron = ?", [number]).fetchall()
            return Account(
                number=number,
                name=name,
                pin=pin,
                state=state,
                loans=tuple(_loans(file, patron=number)),
                holds=tuple(barcode for (barcode,) in holds),
                fines_ntd=fine[0] if fine else 0,
            )

    def item(self, barcode: str) -> tuple[str, str] | None:
        """Return an item's title and place."""
        with self._open() as file:
            found: tuple[str, str] | None = file.execute(
                "SELECT title, place FROM item WHERE barcode = ?", [barcode]
            ).fetchone()
            return found

    def loan_of(self, barcode: str) -> Loan | None:
        """Return who has an item."""
        with self._open() as file:
            return next(iter(_loans(file, barcode=barcode)), None)

    def lend(self, barcode: str, patron: str, *, on: dt.date) -> str | None:
        """Lend an item; returns the due day, or None where somebody else has it."""
        due = (on + dt.timedelta(days=LOAN_DAYS)).isoformat()
        with self._open() as file:
            file.execute("INSERT OR IGNORE INTO loan VALUES (?, ?, ?, 0)", [barcode, patron, due])
            has, due = file.execute(
                "SELECT patron, due FROM loan WHERE barcode = ?", [barcode]
            ).fetchone()
            file.execute("DELETE FROM hold WHERE barcode = ? AND patron = ?", [barcode, patron])
            return str(due) if has == patron else None

    def renew(self, barcode: str, patron: str) -> str | None:
        """Lend on; returns the new due day, or None: not theirs, renewed enough, or wanted."""
        with self._open() as file:
            loan = next(iter(_loans(file, barcode=barcode)), None)
            wanted = file.execute("SELECT 1 FROM hold WHERE barcode = ?", [barcode]).fetchone()
            if loan is None or loan.patron != patron or loan.renewed >= MOST_RENEWALS or wanted:
                return None
            due = dt.date.fromisoformat(loan.due) + dt.timedelta(days=LOAN_DAYS)
            file.execute(
                "UPDATE loan SET due = ?, renewed = renewed + 1 WHERE barcode = ?",
                [due.isoformat(), barcode],
            )
            return due.isoformat()

    def take_back(self, barcode: str) -> Loan | None:
        """Take an item back; returns the loan that it ends."""
        with self._open() as file:
            loan = next(iter(_loans(file, barcode=barcode)), None)
            file.execute("DELETE FROM loan WHERE barcode = ?", [barcode])
            return loan

    def hold(self, barcode: str, patron: str, *, cancel: bool) -> None:
        """Note or cancel somebody's wish for an item."""
        with self._open() as file:
            if cancel:
                file.execute("DELETE FROM hold WHERE barcode = ? AND patron = ?", [barcode, patron])
            else:
                file.execute("INSERT OR IGNORE INTO hold VALUES (?, ?)", [barcode, patron])

    def owe(self, patron: str, ntd: int) -> int:
        """Add to (or take from) what a patron owes; returns what is owed then."""
        with self._open() as file:
            file.execute("INSERT OR IGNORE INTO fine VALUES (?, 0)", [patron])
            file.execute("UPDATE fine SET ntd = max(0, ntd + ?) WHERE patron = ?", [ntd, patron])
            owed = file.execute("SELECT ntd FROM fine WHERE patron = ?", [patron]).fetchone()
            return int(owed[0])

    def block(self, patron: str, state: str) -> None:
        """Set a patron ``active`` or ``blocked``."""
        with self._open() as file:
            file.execute("UPDATE patron SET state = ? WHERE number = ?", [state, patron])

    def mood(self) -> Mapping[str, str]:
        """Return how the system is switched (see ``moods``)."""
        with self._open() as file:
            return dict(file.execute("SELECT name, value FROM mood").fetchall())

    def switch(self, **mood: object) -> None:
        """Switch the system's mood; a name set again is replaced."""
        with self._open() as file:
            file.executemany(
                "INSERT OR REPLACE INTO mood VALUES (?, ?)",
                [(name, str(value)) for name, value in mood.items()],
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with opened(self._path, _SCHEMA) as file:
            if file.execute("SELECT count(*) FROM item").fetchone()[0] == 0:
                _stock(file)
            yield file


def _stock(file: sqlite3.Connection) -> None:
    file.executemany(
        "INSERT INTO item VALUES (?, ?, ?)",
        [(f"B{n:08d}", title, "總館" if n % 3 else "分館") for n, title in enumerate(TITLES, 1)],
    )
    file.executemany(
        "INSERT OR IGNORE INTO patron VALUES (?, ?, ?, ?)",
        [(one.number, one.name, one.pin, one.state) for one in OWN_PATRONS],
    )


def _loans(file: sqlite3.Connection, *, patron: str = "", barcode: str = "") -> list[Loan]:
    found = file.execute(
        "SELECT l.barcode, i.title, l.patron, l.due, l.renewed FROM loan l"
        " JOIN item i ON i.barcode = l.barcode WHERE l.patron = ? OR l.barcode = ? ORDER BY l.due",
        [patron, barcode],
    )
    return [Loan(*row) for row in found.fetchall()]
