"""What can be wrong with a rule, and with a question put to one."""

import datetime as dt
import difflib
from collections.abc import Iterable

Path = tuple[str | int, ...]


class BadRule(Exception):
    """A rule that can't be read. ``path`` leads to the place inside the table, so that a loader
    can name the line."""

    def __init__(self, message: str, path: Path, nearest: str | None = None) -> None:
        hint = f"; did you mean “{nearest}”?" if nearest else ""
        super().__init__(f"{message}{hint}")
        self.message = message
        self.path = path
        self.nearest = nearest


class NotYetInForce(Exception):
    """A value was asked for before its first date."""

    def __init__(self, name: str, asked_on: dt.date, first_on: dt.date) -> None:
        super().__init__(f"{name} says nothing about {asked_on}; its first date is {first_on}")
        self.name = name
        self.asked_on = asked_on
        self.first_on = first_on


def nearest_word(word: object, known: Iterable[str]) -> str | None:
    """Return the known word that a mistyped one most resembles, or None."""
    found = difflib.get_close_matches(str(word), list(known), n=1, cutoff=0.6)
    return found[0] if found else None
