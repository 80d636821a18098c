"""How a pack's values stand in JSON: as they are, and a date told from a text."""

import datetime as dt
from typing import Any

_DATE = "$date"


def plain(value: object) -> dict[str, str]:
    """Return what JSON has no word for; the ``default`` of ``json.dumps``."""
    if isinstance(value, dt.date):
        return {_DATE: value.isoformat()}
    raise TypeError(f"a pack has no {type(value).__name__}")


def revived(found: dict[str, Any]) -> Any:
    """Return a date for what ``plain`` wrote; the ``object_hook`` of ``json.loads``."""
    return dt.date.fromisoformat(found[_DATE]) if found.keys() == {_DATE} else found
