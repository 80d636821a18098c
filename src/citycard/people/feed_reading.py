"""Reading a register's file: whole, in order, every value plausible, or refused with the line.

The form is ours and documented in ``docs/guides/register-feed.md``::

    FEED,1,household,changes,100000
    change_no,kind,on,id_number,birth_on,city,district
    100001,moved,2026-10-02,A123456789,1950-01-02,65000,板橋區
    END,1,100001
"""

import csv
import datetime as dt
import hashlib
import io
from collections.abc import Callable, Sequence

from citycard.people.feed_checking import AHEAD, WHY, changes_of, day_in
from citycard.people.feed_refusals import (
    FeedCut,
    FeedEmpty,
    FeedEncoding,
    FeedHead,
    FeedLine,
    FeedSignature,
    FeedTotals,
    FeedTwice,
)
from citycard.people.feed_values import (
    LISTED,
    NEEDED,
    OPTIONAL,
    FeedFile,
    FeedWords,
    Form,
    RegisterChange,
)
from citycard.people.feed_writing import day_of

Numbered = tuple[int, list[str]]
VERSION = "1"
_ENCODINGS = ("utf-8-sig", "cp950")


def read_feed_file(
    *,
    content: bytes,
    name: str,
    today: dt.date,
    words: FeedWords,
    signature: bytes | None = None,
    is_signed: Callable[[bytes, bytes], bool] | None = None,
) -> FeedFile:
    """Return a file's changes, or refuse it as a whole. Pure: no database, no clock.

    :param today: the city's day; nothing happens much later
    :param signature: of the bytes, from the file beside it; None: there is none
    :param is_signed: tells whether a signature is the register's; None: the city has no key of it
    :raises Refused: see ``feed_refusals``
    """
    if not content.strip():
        raise FeedEmpty(file=name)
    signed = _is_signed(content, signature, is_signed, name)
    table = _rows(_text(content, name), name)
    register, form, after = _head(table[0], name, words)
    columns = _columns(table[1:2], name, form)
    body, end = _body(table[2:], name, signed)
    if not body and form == "list":
        raise FeedEmpty(file=name)
    _numbers(body, end, name)
    listed_on = _listed_on(table[0], name, today) if form == "list" else None
    changes = changes_of(
        body, columns=columns, name=name, register=register, today=today, words=words
    )
    _one_form(changes, form, name)
    return FeedFile(
        name=name,
        register=register,
        form=form,
        after=0 if form == "list" else int(after),
        listed_on=listed_on,
        status=changes[0].says["code"] if form == "list" else "",
        changes=changes,
        content_hash=hashlib.sha256(content).digest(),
        checked_by="signature" if signed else "total",
    )


def _listed_on(first: Numbered, name: str, today: dt.date) -> dt.date:
    """Return the day of a full list: in the days that a change may have, or every later list would
    be an old one."""
    line, cells = first
    return day_in(
        cells[4],
        latest=today + AHEAD,
        wrong=lambda why: FeedLine(file=name, line=line, column="list", why=WHY + why),
    )


def _one_form(changes: Sequence[RegisterChange], form: Form, name: str) -> None:
    """A full list holds people who have one status; changes hold what happened."""
    for change in changes:
        wrong = "kind" if (change.kind == LISTED) != (form == "list") else ""
        if form == "list" and change.says["code"] != changes[0].says["code"]:
            wrong = "code"
        if wrong:
            why = "people.feed_why.other_form"
            raise FeedLine(file=name, line=change.line, column=wrong, why=why)


def _is_signed(
    content: bytes,
    signature: bytes | None,
    is_signed: Callable[[bytes, bytes], bool] | None,
    name: str,
) -> bool:
    if signature is None or is_signed is None:
        return False
    if not is_signed(content, signature):
        raise FeedSignature(file=name)
    return True


def _text(content: bytes, name: str) -> str:
    for encoding in _ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    lines = content.split(b"\n")
    raise FeedEncoding(file=name, line=next(n for n, line in enumerate(lines, 1) if _odd(line)))


def _odd(line: bytes) -> bool:
    """Tell whether a line is written in neither way; the first such is named."""
    if b"\x00" in line:
        return True
    for encoding in _ENCODINGS:
        try:
            line.decode(encoding)
        except UnicodeDecodeError:
            continue
        return False
    return True


def _rows(text: str, name: str) -> list[Numbered]:
    reader = csv.reader(io.StringIO(text), strict=True)
    found: list[Numbered] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((reader.line_num, [cell.strip() for cell in cells]))
    except csv.Error:
        raise FeedCut(file=name, line=reader.line_num) from None
    return found


def _head(first: Numbered, name: str, words: FeedWords) -> tuple[str, Form, str]:
    line, cells = first
    while cells and not cells[-1]:
        cells = cells[:-1]
    if len(cells) != 5 or cells[0] != "FEED" or cells[1] != VERSION:
        raise FeedHead(file=name, line=line, why="FEED,1,…")
    _, _, register, form, after = cells
    if register not in words.registers:
        raise FeedHead(file=name, line=line, why=register[:40])
    if form == "changes" and after.isascii() and after.isdecimal():
        return register, "changes", after
    if form == "list" and day_of(after) is not None:
        return register, "list", after
    raise FeedHead(file=name, line=line, why=f"{form},{after}"[:40])


def _columns(found: Sequence[Numbered], name: str, form: Form) -> list[str]:
    if not found:
        raise FeedCut(file=name, line=1)
    line, cells = found[0]
    columns = [cell.lower() for cell in cells]
    missing = [column for column in NEEDED if column not in columns]
    missing += ["code"] if form == "list" and "code" not in columns else []
    odd = [column for column in columns if column not in (*NEEDED, *OPTIONAL)]
    twice = [column for column in columns if columns.count(column) > 1]
    if columns[:1] != ["change_no"]:
        raise FeedHead(file=name, line=line, why="change_no")
    if missing or odd or twice:
        raise FeedHead(file=name, line=line, why=", ".join([*missing, *odd, *twice])[:80])
    return columns


def _body(rest: Sequence[Numbered], name: str, signed: bool) -> tuple[list[Numbered], Numbered]:
    """Return the rows and the closing line; a signed file may do without one."""
    ends = [place for place, (_, cells) in enumerate(rest) if cells[0] == "END"]
    last_line = rest[-1][0] if rest else 2
    if not ends and signed:
        return list(rest), (last_line, [])
    if not ends:
        raise FeedCut(file=name, line=last_line)
    if ends[0] != len(rest) - 1:
        line, _ = rest[ends[0] + 1]
        raise FeedTotals(file=name, line=line, what="END", said=ends[0], found=len(rest) - 1)
    return list(rest[:-1]), rest[-1]


def _numbers(body: Sequence[Numbered], end: Numbered, name: str) -> None:
    """Stop unless every change is there once, as the closing line counts them."""
    seen: set[int] = set()
    for line, cells in body:
        number = int(cells[0]) if cells[0].isascii() and cells[0].isdecimal() else None
        if number in seen:
            raise FeedTwice(file=name, line=line, number=cells[0])
        seen |= {number} if number is not None else set()
    line, cells = end
    if not cells:
        return
    said = [int(cell) if cell.isascii() and cell.isdecimal() else -1 for cell in cells[1:3]]
    said += [-1] * (2 - len(said))
    for what, says, found in (("rows", said[0], len(body)), ("sum", said[1], sum(seen))):
        if says != found:
            raise FeedTotals(file=name, line=line, what=what, said=says, found=found)
