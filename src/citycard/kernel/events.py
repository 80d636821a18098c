"""Events: what happened, in the past tense, by ids only."""

import dataclasses
import datetime as dt
from typing import Any, ClassVar


@dataclasses.dataclass(frozen=True, kw_only=True)
class Event:
    """A happening. ``code`` is ``context.thing.what_happened``; fields are ids, numbers, codes and
    dates.

    Never personal data: an event is kept for years and read by every subscriber.
    """

    code: ClassVar[str]

    def body(self) -> dict[str, Any]:
        """Return the fields as JSON-ready values."""
        return {field.name: _plain(getattr(self, field.name)) for field in dataclasses.fields(self)}


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, tuple | frozenset | set):
        return sorted(value) if isinstance(value, frozenset | set) else list(value)
    return value
