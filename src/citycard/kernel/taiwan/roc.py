"""Years of the Republic (民國): western year less 1911, as Taiwan's law and forms count."""

import datetime as dt
import re

_SEVEN = re.compile(r"(\d{2,3})[-./年]?(\d{2})[-./月]?(\d{2})日?")


def read_roc(text: str) -> dt.date | None:
    """Read ``yyyMMdd`` with or without separators; None when it is no day."""
    match = _SEVEN.fullmatch(text.strip().replace(" ", ""))
    if not match:
        return None
    year, month, day = map(int, match.groups())
    try:
        return dt.date(year + 1911, month, day)
    except ValueError:
        return None
