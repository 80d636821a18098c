"""What lost cards' taps came to after their report: counts and losses, and nobody's way."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from citycard.infra.database import rows


@dataclass(frozen=True, kw_only=True)
class LostCount:
    """A lost card's taps after its report.

    :ivar refused: those that were refused; ``let_in`` those that a reader that was cut off accepted
    """

    refused: int = 0
    let_in: int = 0
    last_at: dt.datetime | None = None


def lost_counts(*, reported: Mapping[int, dt.datetime]) -> dict[int, LostCount]:
    """Return what each lost card's taps came to, by card; cards without any are left out.

    :param reported: when each card was reported lost
    """
    found = rows(
        """
        SELECT n.card_id, count(*) FILTER (WHERE l.reader_id IS NULL) AS refused,
               count(l.reader_id) AS let_in, max(t.at) AS last_at
        FROM unnest(%s::bigint[], %s::timestamptz[]) AS n(card_id, reported_at)
        JOIN taps_tap t ON t.card_id = n.card_id AND t.code = 13 AND t.at >= n.reported_at
        LEFT JOIN taps_loss l
               ON l.reader_id = t.reader_id AND l.epoch = t.epoch AND l.seq = t.seq
        GROUP BY n.card_id
        """,
        [list(reported), list(reported.values())],
    )
    return {
        one.card_id: LostCount(refused=one.refused, let_in=one.let_in, last_at=one.last_at)
        for one in found
    }
