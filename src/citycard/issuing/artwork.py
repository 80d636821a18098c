"""Which artwork a card gets: by its kind, the day it is made, and the school its holder attends."""

import datetime as dt
from collections.abc import Mapping
from typing import Any


def template_of(
    *, kind: Mapping[str, Any], on: dt.date, level: str | None = None, before: str | None = None
) -> str:
    """Return the template of a card that is made on a day.

    Of the pack's versions the last one in force that fits the school level counts; where none
    does, the kind's own. A replacement keeps the artwork of the card before it where the pack says
    ``replacement_version: same``.

    :param level: the holder's school level, None where they attend none
    :param before: the template of the card that is replaced
    """
    rows = kind.get("versions", ())
    if kind.get("replacement_version") == "same" and before in _known(kind):
        return str(before)
    fitting = [row for row in rows if row["from"] <= on and _fits(row, level)]
    newest = max((row["from"] for row in fitting), default=None)
    # of the rows of one day, one that names the level says more than one for everybody
    latest = [row for row in fitting if row["from"] == newest]
    named = [row for row in latest if "level" in row] or latest
    return str(named[-1]["template"] if named else kind["template"])


def _known(kind: Mapping[str, Any]) -> set[str]:
    return {kind["template"], *(row["template"] for row in kind.get("versions", ()))}


def _fits(row: Mapping[str, Any], level: str | None) -> bool:
    wanted = row.get("level")
    return wanted is None or level == wanted or (isinstance(wanted, list) and level in wanted)
