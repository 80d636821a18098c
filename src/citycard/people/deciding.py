"""Two times, decided without a database: what a new fact does to those we held true until now."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from citycard.kernel.periods import DateSpan


@dataclass(frozen=True, kw_only=True)
class Held:
    """A fact that we hold true: its days, its value and where we have it from.

    :ivar id: the row, or None for one that is not stored yet
    :ivar since: from when the row is recorded
    """

    id: int | None = None
    since: dt.datetime | None = None
    days: DateSpan
    value: Any
    source: str
    basis_kind: str
    basis_id: str

    def says_as_much_as(self, new: "Held") -> bool:
        """Tell whether the new fact adds nothing: same value, same end, and we knew it from as
        early on.
        """
        return (
            self.value == new.value
            and self.days.end == new.days.end
            and _starts_no_later(self.days, new.days)
        )


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What to write: rows to close, and facts to add.

    :ivar held: what is held true afterwards
    """

    closed: tuple[Held, ...] = ()
    added: tuple[Held, ...] = ()
    held: tuple[Held, ...] = ()


def lay_over(held: Sequence[Held], new: Held) -> Correction:
    """Lay a new fact over those of the same name, and say what closes and what is added.

    On its own days the new fact counts. Outside them the old ones stay, with one exception: an old
    fact with the same value that reached beyond the new one's end is cut there, since the source
    now
    says when it ends.
    """
    if any(old.says_as_much_as(new) for old in held):
        return Correction(held=tuple(held))
    touched = [old for old in held if old.days.meets(new.days)]
    kept = [old for old in held if not old.days.meets(new.days)]
    pieces = [piece for old in touched for piece in _outside(old, new)]
    added = (*pieces, new)
    return Correction(closed=tuple(touched), added=added, held=(*kept, *added))


def _outside(old: Held, new: Held) -> list[Held]:
    """Return what of an old fact lies outside the days of a new one."""
    pieces = []
    if new.days.start is not None and (old.days.start is None or old.days.start < new.days.start):
        pieces.append(
            replace(old, id=None, since=None, days=DateSpan(old.days.start, new.days.start))
        )
    goes_on = new.days.end is not None and (old.days.end is None or old.days.end > new.days.end)
    if goes_on and old.value != new.value:
        pieces.append(replace(old, id=None, since=None, days=DateSpan(new.days.end, old.days.end)))
    return pieces


def _starts_no_later(one: DateSpan, other: DateSpan) -> bool:
    return one.start is None or (other.start is not None and one.start <= other.start)
