"""People in rows: sorted numbers that begin with a pseudonym, cut by its first bits.

A shelf has as many rows as its people need, a power of two, and cuts them finer as they grow. A row
is a quarter of a page at most, so that few bytes are written in vain and few are spent on rows.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from citycard.infra.database import execute, rows, statement
from citycard.insight.columns import U32, U64, Ints, binary_rows, joined
from citycard.insight.visits import changes, distinct, is_in, who_of

FULL = 256
"""How many numbers of 8 bytes a row has at most, on average."""
_BITS = 32
_WHERE = {
    "visits": "insight_visits WHERE service = %(service)s AND month = %(month)s",
    "firsts": "insight_first WHERE service = %(service)s",
}


Wanted = tuple[str, dt.date | None]
"""A service, and a month for its visits or None for its first uses."""


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """Rows of one service's people: visits of a month by week, or first uses, which are week 0.

    :ivar month: None: first uses
    :ivar bits: by how many bits of the pseudonym rows are cut; None: there are no rows
    """

    service: str
    month: dt.date | None
    bits: int | None

    def read(self, who: U32 | None = None) -> dict[int, U64]:
        """Return what is kept, sorted, by week; whole rows of some people, or all of them.

        :param who: sorted
        """
        if self.bits is None:
            return {}
        rows = None if who is None else distinct(self._row_of(who)).tolist()
        found = binary_rows(statement(__file__, f"read_{self._kind}"), self._about | {"rows": rows})
        return {week: joined([kept], "<u8") for week, kept in found}

    def write(self, week: int, kept: U64, changed: U32) -> "Shelf":
        """Write rows of the people who changed anew; return the shelf as it stands then.

        :param kept: all that is kept of at least the rows of these people, sorted
        :param changed: sorted
        """
        if self.bits is None:
            return replace(self, bits=_bits_for(len(kept))).write(week, kept, changed)
        rows = distinct(self._row_of(changed))
        theirs = kept[is_in(self._row_of(who_of(kept)), rows)]
        self._put(week, theirs)
        if len(theirs) <= FULL * len(rows):
            return self
        return self.replace(self.read())

    def replace(self, weeks: Mapping[int, U64]) -> "Shelf":
        """Write all rows anew, as finely cut as they need; return the shelf as it stands then."""
        execute(f"DELETE FROM {_WHERE[self._kind]}", self._about)  # noqa: S608 - two texts of ours
        most = max((len(kept) for kept in weeks.values()), default=0)
        new = replace(self, bits=_bits_for(most) if most else None)
        for week, kept in weeks.items():
            new._put(week, kept)
        return new

    def _put(self, week: int, kept: U64) -> None:
        if not len(kept):
            return
        row = self._row_of(who_of(kept))
        starts: Ints = changes(row)
        ends = np.append(starts, len(kept))
        cut = {
            "content": kept.tobytes(),
            "rows": row[starts].tolist(),
            "firsts": (starts * kept.itemsize + 1).tolist(),
            "lengths": (np.diff(ends) * kept.itemsize).tolist(),
        }
        about = self._about | {"week": week, "bits": self.bits}
        binary_rows(statement(__file__, f"write_{self._kind}"), about | cut)

    @property
    def _kind(self) -> str:
        return "firsts" if self.month is None else "visits"

    @property
    def _about(self) -> dict[str, Any]:
        return {"service": self.service, "month": self.month}

    def _row_of(self, who: U32) -> U32:
        return (who >> np.uint32(_BITS - self.bits)) if self.bits else np.zeros_like(who)


def _bits_for(most: int) -> int:
    """Return by how many bits to cut so many numbers that rows are half full at most."""
    return max(0, int(2 * most / FULL - 1).bit_length()) if most else 0


def shelves_of(wanted: Collection[Wanted]) -> dict[Wanted, Shelf]:
    """Return shelves as they stand, by service and month."""
    asked = list(wanted)
    services, months = [service for service, _ in asked], [month for _, month in asked]
    found = rows(statement(__file__, "bits"), {"services": services, "months": months})
    return {
        (service, month): Shelf(service=service, month=month, bits=row.bits)
        for (service, month), row in zip(asked, found, strict=True)
    }


def visits_of_month(service: str, month: dt.date) -> Shelf:
    """Return who came where in a month."""
    return shelves_of([(service, month)])[service, month]


def firsts_of(service: str) -> Shelf:
    """Return in which month (`number_of`) people first used a service."""
    return shelves_of([(service, None)])[service, None]
