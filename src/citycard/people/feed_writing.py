"""The small words of a feed's form: days, and a file written as a register would write it."""

import csv
import datetime as dt
import io
import re
from collections.abc import Sequence

from citycard.people.feed_values import NEEDED, OPTIONAL, RegisterChange

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ROC = re.compile(r"[0-9]{7}")
_ROC_YEARS = 1911


def day_of(text: str) -> dt.date | None:
    """Return the day that ``2026-10-02`` or ``1151002`` names; None for anything else.

    Other orders (``02/10/2026``) could be two days, so they are none.
    """
    if _ISO.fullmatch(text):
        year, month, day = int(text[:4]), int(text[5:7]), int(text[8:])
    elif _ROC.fullmatch(text):
        year, month, day = int(text[:3]) + _ROC_YEARS, int(text[3:5]), int(text[5:])
    else:
        return None
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def write_feed_file(
    *,
    register: str,
    changes: Sequence[RegisterChange],
    after: int = 0,
    listed_on: dt.date | None = None,
    encoding: str = "utf-8",
) -> bytes:
    """Return a file as a register writes it; for demo cities, tests and who builds the other side.

    :param listed_on: write a full list of that day instead of changes
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    form = ["list", listed_on.isoformat()] if listed_on else ["changes", str(after)]
    writer.writerow(["FEED", "1", register, *form])
    writer.writerow([*NEEDED, *OPTIONAL])
    for one in changes:
        own = [one.number, one.kind, one.on, one.id_number, one.birth_on]
        writer.writerow([*own, *(one.says.get(column, "") for column in OPTIONAL)])
    writer.writerow(["END", len(changes), sum(one.number for one in changes)])
    return out.getvalue().encode(encoding)
