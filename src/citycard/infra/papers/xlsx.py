"""Tables as a spreadsheet, one sheet a table; the same tables give the same bytes."""

import datetime as dt
import io
import re
import unicodedata
import zipfile

import openpyxl
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from citycard.infra.papers.tables import Cell, Document, Table, harmless, written

_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\]")
_WIDEST = 44
_FIXED_CORE = (
    b'<?xml version="1.0" encoding="UTF-8"?><cp:coreProperties xmlns:cp='
    b'"http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    b'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>CityCard</dc:creator>'
    b"</cp:coreProperties>"
)


def xlsx_of(document: Document) -> bytes:
    """Write a paper's tables as a spreadsheet, one sheet a table."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    used: set[str] = set()
    for table in document.tables:
        _write(book.create_sheet(_title(table.title or document.title, used)), table)
    book.properties.creator = "CityCard"
    always = dt.datetime(1980, 1, 1)  # noqa: DTZ001 - a sheet's times have no zone
    book.properties.created = book.properties.modified = always
    return _without_times(book)


def _write(sheet: Worksheet, table: Table) -> None:
    for line in (table.head, *table.lines, *table.sums):
        sheet.append([harmless(cell) for cell in line])
    last = sheet.max_row - len(table.sums)
    for row in [1, *range(last + 1, sheet.max_row + 1)]:
        for cell in sheet[row]:
            cell.font = Font(bold=True)
            cell.alignment = Alignment(vertical="center", wrap_text=row == 1)
    for row_of_cells in sheet.iter_rows(min_row=2):
        for cell in row_of_cells:
            if isinstance(cell.value, int):
                cell.number_format = "#,##0"
    for number, width in enumerate(_widths(table), 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "A2"


def _widths(table: Table) -> list[int]:
    """Return the width of each column in characters: as wide as what stands in it, within
    reason."""
    columns = zip(*(table.head, *table.lines, *table.sums), strict=True)
    return [min(_WIDEST, max(8, 2 + max(map(_wide, column)))) for column in columns]


def _wide(cell: Cell) -> int:
    text = f"{cell:,}" if isinstance(cell, int) else str(written(cell))
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _title(wanted: str, used: set[str]) -> str:
    """Return a sheet's title: no more than 31 characters, none that is forbidden, none twice."""
    plain = _NOT_IN_TITLES.sub(" ", wanted)[:31] or "1"
    title, number = plain, 1
    while title in used:
        number += 1
        title = f"{plain[:28]} {number}"
    used.add(title)
    return title


def _without_times(book: openpyxl.Workbook) -> bytes:
    saved = io.BytesIO()
    book.save(saved)
    out = io.BytesIO()
    with (
        zipfile.ZipFile(saved) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in sorted(source.namelist()):
            content = _FIXED_CORE if name == "docProps/core.xml" else source.read(name)
            entry = zipfile.ZipInfo(name, _ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return out.getvalue()
