"""How many taps each reader had in stored batches: for whoever is told of counts alone."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple

from citycard.infra.database import rows
from citycard.kernel.spans import spans


class BatchCount(NamedTuple):
    """Accepted taps of one reader at one service in a batch."""

    batch_id: int
    reader_id: int
    service: str
    agency: str
    taps: int
    first_at: dt.datetime
    last_at: dt.datetime


def batch_counts(
    *, batch_ids: Sequence[int], months: Collection[dt.date], agencies: Collection[str]
) -> list[BatchCount]:
    """Return accepted taps of stored batches by reader, of some agencies' readers alone.

    :param months: the local months that the batches' taps lie in
    """
    found = rows(
        """
        SELECT batch_id, reader_id, service, agency, count(*)::integer AS taps,
               min(at) AS first_at, max(at) AS last_at
        FROM unnest(%s::bigint[], %s::bigint[]) AS s(first, last)
        JOIN pub.taps ON batch_id BETWEEN s.first AND s.last
        WHERE local_month = ANY(%s::date[])
          AND agency = ANY(%s::text[]) AND code < 10
        GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3
        """,
        [*spans(batch_ids), sorted(months), sorted(agencies)],
    )
    return [BatchCount(*one) for one in found]
