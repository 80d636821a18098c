"""A file of people who took part (CSV or Excel), read line by line with the line's own number."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from citycard.flows.refund_lists import BROKEN_SHEET
from citycard.portals.earning_lines import BadLine

if TYPE_CHECKING:
    import openpyxl

MOST_BYTES = 4 * 1024 * 1024
MOST_LINES = 5000
TOO_LONG = 10**15
NAMES: Mapping[str, str] = {
    "reference": "reference", "參考編號": "reference", "編號": "reference",
    "at": "at", "time": "at", "時間": "at", "參加時間": "at",
    "card_number": "card_number", "卡號": "card_number",
    "member_number": "member_number", "機關會員編號": "member_number", "會員編號": "member_number",
    "campaign": "campaign", "活動代碼": "campaign",
    "issuer": "issuer", "發卡單位": "issuer",
    "number_kind": "number_kind", "卡號種類": "number_kind",
}  # fmt: skip
"""What a column may be called → the field."""

Said = tuple[int, Mapping[str, Any]]


class FileNotReadable(ValueError):
    """The file as a whole can't be read; the text says what to do."""


def read_file(content: bytes, *, name: str) -> tuple[list[Said], list[BadLine]]:
    """Return the file's lines with their numbers, and those that can't be decoded.

    :raises FileNotReadable: it is none, too large, or without the columns that are needed
    """
    rows, bad = read_cells(content, name=name)
    fields = _fields(rows[0][1])
    said: list[Said] = [(number, _facts(fields, cells)) for number, cells in rows[1:] if any(cells)]
    if not said and not bad:
        raise FileNotReadable(_("檔案只有標題列，沒有資料。"))
    if len(said) > MOST_LINES:
        raise FileNotReadable(_("檔案超過 5,000 列，請分成幾個檔案上傳。"))
    return said, bad


def read_cells(
    content: bytes, *, name: str
) -> tuple[list[tuple[int, Sequence[Any]]], list[BadLine]]:
    """Return a file's rows of cells with their numbers, the heading first, and what can't be
    decoded.

    :raises FileNotReadable: it is no such file, empty or too large
    """
    if len(content) > MOST_BYTES:
        raise FileNotReadable(_("檔案超過 4 MB，請分成幾個檔案上傳。"))
    rows, bad = _sheet(content) if name.lower().endswith(".xlsx") else _csv(content)
    if not rows:
        raise FileNotReadable(_("檔案是空的，請確認內容。"))
    return rows, bad


def _csv(content: bytes) -> tuple[list[tuple[int, Sequence[Any]]], list[BadLine]]:
    """Read CSV in UTF-8, or in Big5 where it isn't; a line that is neither is named."""
    bad: list[BadLine] = []
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text, bad = _from_big5(content)
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        return [(reader.line_num, cells) for cells in reader], bad
    except csv.Error:
        raise FileNotReadable(_("這不是 CSV 檔案，請另存為 CSV（UTF-8）或 Excel。")) from None


def _from_big5(content: bytes) -> tuple[str, list[BadLine]]:
    lines, bad = [], []
    for number, line in enumerate(content.split(b"\n"), 1):
        try:
            lines.append(line.decode("cp950"))
        except UnicodeDecodeError:
            lines.append("")
            remedy = _("這一列有無法辨識的文字，請另存為 CSV（UTF-8）。")
            bad.append(BadLine(number=number, field="", remedy=remedy))
    return "\n".join(lines), bad


def _sheet(content: bytes) -> tuple[list[tuple[int, Sequence[Any]]], list[BadLine]]:
    import openpyxl  # large, and rarely needed: nobody waits for it at a start

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        rows = list(_cells(book))
    except BROKEN_SHEET:
        raise FileNotReadable(_("這不是 Excel 檔案（.xlsx），請重新存檔。")) from None
    remedy = _("有超過 15 位的數字，試算表可能已改掉末幾位；請把這一欄設成「文字」再填一次。")
    bad = [BadLine(number=n, field="", remedy=remedy) for n, cells in rows if _is_rounded(cells)]
    return [(number, [_plain(cell) for cell in cells]) for number, cells in rows], bad


def _cells(book: "openpyxl.Workbook") -> Iterator[tuple[int, Sequence[Any]]]:
    sheet = book.worksheets[0]
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        if number > MOST_LINES + 2:
            return
        yield number, row


def _is_rounded(cells: Sequence[Any]) -> bool:
    """Tell whether a sheet holds a number with more digits than it keeps."""
    return any(isinstance(cell, int | float) and abs(cell) >= TOO_LONG for cell in cells)


def _plain(cell: Any) -> Any:
    """Return a cell's value; a number that a sheet made of digits as the digits again."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell) if isinstance(cell, int) else cell


def _fields(head: Sequence[Any]) -> list[str]:
    fields = [NAMES.get(str(cell).strip().lower(), "") for cell in head]
    missing = [field for field in ("reference", "at") if field not in fields]
    if missing or not {"card_number", "member_number"} & set(fields):
        raise FileNotReadable(
            _("第一列必須是欄位名稱：reference、at，以及 card_number 或 member_number。")
        )
    return fields


def _facts(fields: Sequence[str], cells: Sequence[Any]) -> dict[str, Any]:
    return {field: cell for field, cell in zip(fields, cells, strict=False) if field}
