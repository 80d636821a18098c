"""What held at an instant: periods by a key, looked up for many rides at once. Pure columns."""

from typing import NamedTuple

import numpy as np

from citycard.fares.values import Column

NOWHERE = -1


class Periods(NamedTuple):
    """Half-open periods, sorted by key: of a card its holders, of a member a right's days."""

    key: Column
    start: Column
    end: Column

    def holding(self, keys: Column, times: Column) -> Column:
        """Return the place of the period that each key has at its time, or ``NOWHERE``."""
        found = np.full(len(keys), NOWHERE, np.int64)
        if not len(self.key):
            return found
        first = np.searchsorted(self.key, keys, side="left")
        for step in range(self._most_of_a_key()):
            place = np.minimum(first + step, len(self.key) - 1)
            holds = (
                (self.key[place] == keys)
                & (self.start[place] <= times)
                & (times < self.end[place])
                & (first + step < len(self.key))
            )
            found = np.where(holds, place, found)
        return found

    def _most_of_a_key(self) -> int:
        _, counts = np.unique(self.key, return_counts=True)
        return int(counts.max())
