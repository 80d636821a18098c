"""A demo company's own record of what was loaded: from what the simulated cards really took.

It behaves as the other side does: lines come in no order, some a day late, some twice, and as many
as one likes not at all.
"""

import datetime as dt
import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from citycard.adapters.card_company import loading_file
from citycard.adapters.demo_file import opened
from citycard.adapters.printer.switches import Switches
from citycard.infra.packs import current_pack
from citycard.redemptions.ports import LoadingFile, LoadingRecord

_SCHEMA = """
CREATE TABLE IF NOT EXISTS loading (
    issuer TEXT NOT NULL, number TEXT NOT NULL, counter INTEGER NOT NULL,
    amount_ntd INTEGER NOT NULL, terminal TEXT NOT NULL, purse_before INTEGER NOT NULL,
    at REAL NOT NULL, PRIMARY KEY (number, counter, at)) WITHOUT ROWID
"""
_LOADINGS = """
SELECT number, counter, amount_ntd, terminal, purse_before, at FROM loading WHERE issuer IN (?, ?)
"""


@dataclass(frozen=True, kw_only=True)
class Mischief:
    """Which share of the lines comes a day late, twice, or never; and how much is altered.

    :ivar altered: these lines say NT$ 300 more than the card took
    """

    late: float = 0.03
    repeated: float = 0.02
    missing: float = 0.0
    altered: float = 0.0


class DemoLoadingRecords:
    """Reads the simulated card writer's own file, and a book for loadings of invented history.

    :param cards: the simulated writer's file
    :param book: what ``took`` keeps
    """

    def __init__(
        self, cards: Path, book: Path, switches: Switches, mischief: Mischief | None = None
    ) -> None:
        self._cards = cards
        self._book = book
        self._switches = switches
        self._mischief = mischief or Mischief()

    def took(self, partner: str, records: Sequence[LoadingRecord]) -> None:
        """Keep loadings that no simulated writer made."""
        with opened(self._book, _SCHEMA) as book:
            book.executemany(
                "INSERT OR IGNORE INTO loading VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        *(partner, one.card_number, one.counter, one.ntd),
                        *(one.terminal, one.purse_before, one.at.timestamp()),
                    )
                    for one in records
                ],
            )

    def files_of(self, partner: str, business_day: dt.date) -> Sequence[LoadingFile]:
        """Return the day's file; through it, it tells of its own the way a company would.

        :raises OSError: it is switched down or hangs
        """
        self._switches.behave("company", usual_s=0.2)
        records = list(self._of_day(partner, business_day))
        if not records:
            return []
        records.sort(key=lambda one: one.reference)  # a hash: in no order of time
        content = loading_file.write(records, partner=partner, business_day=business_day)
        name = f"{business_day:%Y%m%d}-1.csv"
        return [loading_file.read(content, name=name, partner=partner)]

    def check(self) -> str:
        """Say how it is; raise when it is switched down."""
        self._switches.behave("company", usual_s=0)
        return "demo loading files, up"

    def _of_day(self, partner: str, business_day: dt.date) -> Iterator[LoadingRecord]:
        yesterday = business_day - dt.timedelta(days=1)
        for one in self._all(partner):
            day, share = current_pack().time.day(one.at), _share(one.reference)
            late = share < self._mischief.late
            again = self._mischief.late <= share < self._mischief.late + self._mischief.repeated
            if 1 - share <= self._mischief.missing:
                continue
            if day == (yesterday if late else business_day) or (again and day == yesterday):
                yield self._altered(one, share)

    def _altered(self, one: LoadingRecord, share: float) -> LoadingRecord:
        if 0.5 <= share < 0.5 + self._mischief.altered:
            return replace(one, ntd=one.ntd + 300, purse_after=one.purse_after + 300)
        return one

    def _all(self, partner: str) -> Iterator[LoadingRecord]:
        if self._cards.exists():
            with closing(sqlite3.connect(f"file:{self._cards}?mode=ro", uri=True)) as cards:
                yield from _records(cards, partner)
        with opened(self._book, _SCHEMA) as book:
            yield from list(_records(book, partner))


def _records(file: sqlite3.Connection, partner: str) -> Iterator[LoadingRecord]:
    """Yield a company's loadings; a simulated card without issuer is the first company's."""
    unnamed = "" if partner == _first_company() else partner
    try:
        found = file.execute(_LOADINGS, (partner, unnamed)).fetchall()
    except sqlite3.OperationalError:  # a writer that has loaded nothing yet
        return
    for number, counter, amount, terminal, before, at in found:
        mark = hashlib.sha256(f"{number}|{counter}|{terminal}|{at}".encode()).hexdigest()
        yield LoadingRecord(
            reference=f"L{mark[:12].upper()}",
            terminal=terminal,
            card_number=number,
            counter=counter,
            ntd=amount,
            purse_before=before,
            purse_after=before + amount,
            at=dt.datetime.fromtimestamp(at, dt.UTC),
        )


def _first_company() -> str:
    ways = current_pack().table("points")["conversions"].values()
    return next((str(one["partner"]) for one in ways if one["way"] == "card"), "")


def _share(reference: str) -> float:
    """Return where in 0…1 a line lies, always the same for the same line."""
    return int(reference[1:9], 16) / 2**32
