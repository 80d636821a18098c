"""What stands behind a reader's numbers: which sequences are missing, which taps were kept apart.

No number of a card and nobody's name: a place in the reader's own journal is enough to look into.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from citycard.infra.database import rows
from citycard.taps.keeping_apart import Took, opened, took
from citycard.taps.opened import State


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Sequence numbers ``first`` to ``last`` of an epoch that were skipped so far."""

    epoch: int
    first: int
    last: int

    @property
    def taps(self) -> int:
        """How many they are."""
        return self.last - self.first + 1


@dataclass(frozen=True, kw_only=True)
class KeptApart:
    """A tap that was kept apart.

    :ivar why: ``conflict``, ``future``, ``too_old`` or ``ambiguous``
    :ivar took: what the device says that it took; nobody settles it. Of an ``ambiguous`` tap: none,
        it is settled as any other
    """

    epoch: int
    seq: int
    at: dt.datetime
    received_at: dt.datetime
    why: str
    took: Took


_GAPS = """
SELECT e.epoch, lower(g) AS first, upper(g) - 1 AS last
FROM taps_reader_epoch e
CROSS JOIN LATERAL unnest(int8multirange(range_merge(e.accepted)) - e.accepted) AS g
WHERE e.reader_id = %s AND NOT isempty(e.accepted)
ORDER BY e.epoch DESC, lower(g) LIMIT %s
"""

_APART = """
SELECT epoch, seq, at, received_at, why, content_hash, tap_sealed FROM (
    SELECT epoch, seq, at, received_at, 'conflict' AS why, content_hash, tap_sealed
    FROM taps_conflict WHERE reader_id = %(reader)s
    UNION ALL
    SELECT epoch, seq, at, received_at, reason, content_hash, tap_sealed
    FROM taps_quarantine WHERE reader_id = %(reader)s
    UNION ALL
    SELECT epoch, seq, at, received_at, 'ambiguous', NULL, NULL
    FROM taps_ambiguous WHERE reader_id = %(reader)s
) AS kept
ORDER BY received_at DESC, epoch DESC, seq DESC LIMIT %(limit)s
"""

_DAYS = """
SELECT (at AT TIME ZONE %s)::date AS day, count(*) AS taps
FROM taps_tap
WHERE reader_id = %s AND local_month >= date_trunc('month', %s::date)::date
  AND (at AT TIME ZONE %s)::date >= %s
GROUP BY 1 ORDER BY 1
"""


def reader_gaps(*, reader_id: int, limit: int = 100) -> list[Gap]:
    """Return which sequence numbers of a reader are missing, newest epoch first."""
    return [Gap(**one._asdict()) for one in rows(_GAPS, [reader_id, limit])]


def kept_apart(*, reader_id: int, limit: int = 100) -> list[KeptApart]:
    """Return a reader's taps that were kept apart, the newest first."""
    found = rows(_APART, {"reader": reader_id, "limit": limit})
    return [
        KeptApart(
            epoch=one.epoch,
            seq=one.seq,
            at=one.at,
            received_at=one.received_at,
            why=one.why,
            took=_took(reader_id, one),
        )
        for one in found
    ]


def _took(reader_id: int, one: Any) -> Took:
    if one.tap_sealed is None:
        return Took()
    return took(
        opened(
            State.CONFLICT if one.why == "conflict" else State.QUARANTINED,
            reader_id=reader_id,
            epoch=one.epoch,
            seq=one.seq,
            content_hash=one.content_hash,
            sealed=one.tap_sealed,
        )
    )


def ambiguous_counts() -> Mapping[int, int]:
    """Return how many taps of each reader named a number that two cards can have."""
    found = rows("SELECT reader_id, count(*) AS taps FROM taps_ambiguous GROUP BY reader_id")
    return {one.reader_id: one.taps for one in found}


def taps_by_day(*, reader_id: int, since: dt.date, zone: str) -> Mapping[dt.date, int]:
    """Return how many taps a reader took each local day since one; days without are left out.

    :param zone: the city's time zone, by name
    """
    found = rows(_DAYS, [zone, reader_id, since, zone, since])
    return {one.day: one.taps for one in found}
