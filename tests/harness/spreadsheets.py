"""Spreadsheets that are cut off, empty, or none at all."""

import io
import zipfile

import openpyxl


def book_of(*changed: tuple[str, bytes | None]) -> bytes:
    """A spreadsheet with some of its parts replaced, or left out."""
    whole = io.BytesIO()
    openpyxl.Workbook().save(whole)
    parts = dict(changed)
    broken = io.BytesIO()
    with zipfile.ZipFile(whole) as book, zipfile.ZipFile(broken, "w") as into:
        for name in book.namelist():
            content = parts.get(name, book.read(name))
            if content is not None:
                into.writestr(name, content)
    return broken.getvalue()


BROKEN = {
    "cut off": book_of(("xl/worksheets/sheet1.xml", b"<sheetData><row")),
    "no book": book_of(("xl/workbook.xml", None)),
    "no sheet": book_of(("xl/worksheets/sheet1.xml", None)),
    "no archive": b"PK\x03\x04nothing",
}
