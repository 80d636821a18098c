"""Which taps of readers were taken: for whoever sends many of them and was interrupted."""

from collections.abc import Sequence
from typing import NamedTuple

from citycard.infra.database import rows


class AcceptedRange(NamedTuple):
    """Taps of a reader and epoch that were taken: ``first`` to the one before ``after``."""

    reader_id: int
    epoch: int
    first: int
    after: int


def accepted_ranges(*, reader_ids: Sequence[int]) -> list[AcceptedRange]:
    """Return what was taken of some readers, by reader, epoch and sequence; gaps lie between."""
    found = rows(
        """
        SELECT e.reader_id, e.epoch, lower(r) AS first, upper(r) AS after
        FROM taps_reader_epoch e CROSS JOIN LATERAL unnest(e.accepted) AS r
        WHERE e.reader_id = ANY(%s::bigint[])
        ORDER BY e.reader_id, e.epoch, lower(r)
        """,
        [list(reader_ids)],
    )
    return [AcceptedRange(*row) for row in found]
