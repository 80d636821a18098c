"""The file in which a card company tells a day's loadings: written and read in one place.

The companies' own formats are not public, so this one is ours: UTF-8 CSV, three kinds of line.

    H,1,<partner>,<business day>,<number of the file that day>
    D,<reference>,<terminal>,<card number>,<counter>,<NT$>,<purse before>,<purse after>,<time>
    T,<how many D lines>,<sum of NT$>

Times are ISO 8601 with their zone. A file is whole or refused: a missing trailer, another count or
another sum is a broken transfer, and half of a day would look like loadings that are missing.
"""

import csv
import datetime as dt
import hashlib
import io
from collections.abc import Iterator, Sequence

from citycard.redemptions.ports import LoadingFile, LoadingRecord

FORM = "1"
_FIELDS = 9


class FileDamaged(OSError):
    """A company's file is not whole; it must be sent again."""


def write(
    records: Sequence[LoadingRecord], *, partner: str, business_day: dt.date, number: int = 1
) -> bytes:
    """Return a day's file."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["H", FORM, partner, business_day.isoformat(), number])
    for one in records:
        writer.writerow(_plain(one))
    writer.writerow(["T", len(records), sum(one.ntd for one in records)])
    return out.getvalue().encode()


def read(content: bytes, *, name: str, partner: str) -> LoadingFile:
    """Read a file.

    :raises FileDamaged: it is not whole, not of this partner, or a line can't be read
    """
    try:
        lines = list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))
        head, *body, trailer = lines
        _, form, whose, day, _ = head
        records = tuple(_records(body))
        said = (trailer[0], int(trailer[1]), int(trailer[2]))
        business_day = dt.date.fromisoformat(day)
    except (ValueError, IndexError) as broken:
        raise FileDamaged(f"{name}: a line can't be read") from broken
    if (head[0], form, whose) != ("H", FORM, partner):
        raise FileDamaged(f"{name}: not a file of {partner} in form {FORM}")
    if said != ("T", len(records), sum(one.ntd for one in records)):
        raise FileDamaged(f"{name}: the trailer does not fit")
    digest = hashlib.sha256(content).digest()
    return LoadingFile(name=name, business_day=business_day, digest=digest, records=records)


def _plain(one: LoadingRecord) -> list[object]:
    return [
        *("D", one.reference, one.terminal, one.card_number, one.counter, one.ntd),
        *(one.purse_before, one.purse_after, one.at.isoformat()),
    ]


def _records(lines: Sequence[Sequence[str]]) -> Iterator[LoadingRecord]:
    for line in lines:
        if len(line) != _FIELDS or line[0] != "D":
            raise ValueError(line[0] if line else "empty")
        at = dt.datetime.fromisoformat(line[8])
        if at.tzinfo is None:
            raise ValueError("a time without zone")
        yield LoadingRecord(
            reference=line[1],
            terminal=line[2],
            card_number=line[3],
            counter=int(line[4]),
            ntd=int(line[5]),
            purse_before=int(line[6]),
            purse_after=int(line[7]),
            at=at,
        )
