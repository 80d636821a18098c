"""Dated rows as columns: which row holds on each ride's day."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from citycard.fares.values import Column

_FIRST = dt.date(1970, 1, 1)
FOREVER = 2**31


def day_number(day: dt.date) -> int:
    """Return a day as the columns have it: days since 1970-01-01."""
    return (day - _FIRST).days


def day_of(number: int) -> dt.date:
    """Return the day of a number."""
    return _FIRST + dt.timedelta(days=number)


@dataclass(frozen=True)
class Spans:
    """Rows by their first days; each ends with its last day, or when the next begins."""

    starts: Column
    ends: Column

    @classmethod
    def of(cls, rows: Iterable[tuple[dt.date, dt.date | None]]) -> "Spans":
        """Take (first day, last day or None) of each row, in the order of first days."""
        numbers = [
            (day_number(start), FOREVER if end is None else day_number(end)) for start, end in rows
        ]
        table = np.array(numbers, dtype=np.int64).reshape(-1, 2)
        return cls(table[:, 0].copy(), table[:, 1].copy())

    def at(self, day: Column) -> Column:
        """Return the row that holds on each day; -1 where none does."""
        index = np.searchsorted(self.starts, day, side="right").astype(np.int64) - 1
        index[day > self.ends[index]] = -1
        return index
