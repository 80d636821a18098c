"""A file of an agency's own member numbers (CSV or Excel), read line by line."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from citycard.flows import numbering
from citycard.portals.agency.earning_files import FileNotReadable, read_cells
from citycard.portals.earning_lines import BadLine

NAMES: Mapping[str, str] = {
    "own_number": "own_number", "member_number": "own_number", "會員編號": "own_number",
    "會員號碼": "own_number", "讀者證號": "own_number", "機關會員編號": "own_number",
    "card_number": "card_number", "卡號": "card_number", "市民卡號": "card_number",
    "id_number": "id_number", "身分證號": "id_number", "身分證統一編號": "id_number",
    "status": "status", "狀態": "status",
}  # fmt: skip
"""What a column may be called → the field."""

_STATUSES = {
    "": "", "active": "active", "有效": "active", "正常": "active",
    "suspended": "suspended", "停權": "suspended", "expired": "expired", "逾期": "expired",
    "過期": "expired",
}  # fmt: skip


def read_numbers(
    content: bytes, *, name: str
) -> tuple[list[tuple[int, numbering.NumberLine]], list[BadLine]]:
    """Return the file's lines with their places, and those that can't be decoded.

    :raises FileNotReadable: it is none, too large, or without the columns that are needed
    """
    rows, bad = read_cells(content, name=name)
    fields = _fields(rows[0][1])
    lines = [
        (place, _line(dict(zip(fields, cells, strict=False))))
        for place, cells in rows[1:]
        if any(cells)
    ]
    if not lines and not bad:
        raise FileNotReadable(_("檔案只有標題列，沒有資料。"))
    if len(lines) > numbering.MOST_LINES:
        raise FileNotReadable(_("檔案超過 5,000 列，請分成幾個檔案上傳。"))
    return lines, bad


def _fields(head: Sequence[Any]) -> list[str]:
    fields = [NAMES.get(str(cell).strip().lower(), "") for cell in head]
    if "own_number" not in fields or not {"card_number", "id_number"} & set(fields):
        raise FileNotReadable(
            _("第一列必須是欄位名稱：own_number，以及 card_number 或 id_number；status 可以不填。")
        )
    return fields


def _line(facts: Mapping[str, Any]) -> numbering.NumberLine:
    said = {field: str(facts.get(field, "")).strip() for field in set(NAMES.values())}
    status = said["status"].lower()
    return numbering.NumberLine(
        own_number=said["own_number"],
        card_number=said["card_number"],
        id_number=said["id_number"].upper(),
        status=_STATUSES.get(status, status),
    )
