"""Reading a list of what was wrongly charged: CSV or a spreadsheet, a reference and an amount a
line.
"""

import csv
import io
import uuid
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from citycard.kernel.errors import Refused

LARGEST_BYTES = 8 * 1024 * 1024
MOST_LINES = 50_000
_SHEET = b"PK\x03\x04"
BROKEN_SHEET = (
    zipfile.BadZipFile, zlib.error, ElementTree.ParseError, LookupError, ValueError, TypeError,
    AttributeError, OSError,
)  # fmt: skip
"""What reading a spreadsheet raises of one that is cut off, empty, or none at all."""


class ListUnreadable(Refused):
    """This file is not a CSV file or a spreadsheet that can be read."""

    code = "refunding.list_unreadable"


class ListTooLong(Refused):
    """The list has more than {most} lines; make several of it."""

    code = "refunding.list_too_long"


class ReferenceUnreadable(Refused):
    """“{text}” is neither the key of an entry nor the number of a redemption."""

    code = "refunding.reference_unreadable"


class AmountUnreadable(Refused):
    """“{text}” is not a whole number above zero."""

    code = "refunding.amount_unreadable"


@dataclass(frozen=True, kw_only=True)
class ListLine:
    """One line as it was read.

    :ivar line: its number in the file, the head being line 1
    :ivar amount: None where the list says nothing: all that is left
    """

    line: int
    text: str
    reference: uuid.UUID | None
    amount: int | None
    problem: Refused | None


def read_list(content: bytes) -> list[ListLine]:
    """Read a list; empty lines and a head are left out.

    :raises ListUnreadable: the file is neither kind, or too large
    :raises ListTooLong: it has too many lines
    """
    if len(content) > LARGEST_BYTES:
        raise ListTooLong(most=MOST_LINES)
    table = _sheet(content) if content.startswith(_SHEET) else _csv(content)
    lines = [_line(n, row) for n, row in enumerate(table, 1) if any(cell for cell in row)]
    if lines and lines[0].line == 1 and _is_head(lines[0].text):
        del lines[0]
    if len(lines) > MOST_LINES:
        raise ListTooLong(most=MOST_LINES)
    if not lines:
        raise ListUnreadable()
    return lines


def _is_head(text: str) -> bool:
    """Tell whether the first line names the columns: words, in which no digit stands."""
    return bool(text) and not any(letter.isdigit() for letter in text)


def _line(number: int, row: Sequence[str]) -> ListLine:
    text = row[0] if row else ""
    wanted = row[1] if len(row) > 1 else ""
    reference, amount = _reference(text), _amount(wanted)
    problem: Refused | None = None
    if reference is None:
        problem = ReferenceUnreadable(text=text[:60])
    elif amount == 0:
        problem = AmountUnreadable(text=wanted[:20])
    return ListLine(
        line=number, text=text[:60], reference=reference, amount=amount or None, problem=problem
    )


def _reference(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _amount(text: str) -> int | None:
    """Return the amount, None for none said, 0 for one that makes no sense."""
    if not text:
        return None
    plain = text.replace(",", "").removesuffix(".0")
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 16 else 0


def _csv(content: bytes) -> Iterable[list[str]]:
    for encoding in ("utf-8-sig", "cp950"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return _cells(text)
    raise ListUnreadable()


def _cells(text: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        return [[cell.strip() for cell in row] for row in reader]
    except csv.Error as broken:
        raise ListUnreadable() from broken


def _sheet(content: bytes) -> Iterable[list[str]]:
    import openpyxl  # large, and rarely needed: nobody waits for it at a start
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(max_col=2, max_row=MOST_LINES + 2, values_only=True)
        return [["" if cell is None else str(cell).strip() for cell in row] for row in rows]
    except (InvalidFileException, *BROKEN_SHEET) as broken:
        raise ListUnreadable() from broken
