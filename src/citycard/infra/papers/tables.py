"""What a paper shows, before it is a file: tables of plain cells; and the plainest file, CSV."""

import csv
import datetime as dt
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"

Cell = str | int | dt.date | None
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of a paper.

    :ivar sums: lines under the others, in bold
    """

    title: str
    head: Sequence[str]
    lines: Sequence[Sequence[Cell]]
    sums: Sequence[Sequence[Cell]] = field(default=())


@dataclass(frozen=True, kw_only=True)
class Document:
    """A paper: its name, what it says of itself, its tables.

    :ivar facts: (label, value) lines under the title
    :ivar notes: sentences at the end
    """

    title: str
    facts: Sequence[tuple[str, str]] = field(default=())
    tables: Sequence[Table] = field(default=())
    notes: Sequence[str] = field(default=())


def csv_of(document: Document) -> bytes:
    """Write a paper's tables as CSV in UTF-8 with a byte-order mark, an empty line between two.

    A text that a spreadsheet would run as a formula is quoted.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    for number, table in enumerate(document.tables):
        if number:
            writer.writerow([])
        for line in _all_lines(table):
            writer.writerow([written(cell) for cell in line])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _all_lines(table: Table) -> Iterator[Sequence[Cell]]:
    yield table.head
    yield from table.lines
    yield from table.sums


def harmless(cell: Cell) -> Cell:
    """Return a cell that no spreadsheet runs."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def written(cell: Cell) -> str | int:
    """Return a cell as it stands in a CSV."""
    if cell is None:
        return ""
    cell = harmless(cell)
    return cell if isinstance(cell, int) else str(cell)
