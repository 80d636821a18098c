"""The clock of a loss: when it was reported, when readers were told, and how many know."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from citycard.infra.database import row, rows


@dataclass(frozen=True, kw_only=True)
class LossClock:
    """How far a card's loss has got.

    :ivar reported_at: the stamp of the report: from here on every tap with a line to the city is
        refused
    :ivar published_at: when the readers' lists had it; None: it is on its way
    :ivar known: how many readers said that they hold a list with it, of ``readers``
    :ivar last_known_at: when the last of those first said so
    """

    reported_at: dt.datetime
    published_at: dt.datetime | None
    known: int
    readers: int
    last_known_at: dt.datetime | None


def lost_at(*, card_ids: Sequence[int]) -> dict[int, dt.datetime]:
    """Return when each of some cards was reported lost; those that weren't are left out."""
    found = rows(
        "SELECT card_id, min(at) AS at FROM cards_card_history"
        " WHERE card_id = ANY(%s::bigint[]) AND state = 'lost' GROUP BY card_id",
        [list(card_ids)],
    )
    return {one.card_id: one.at for one in found}


def loss_clock(*, card_id: int) -> LossClock | None:
    """Return how far a card's loss has got; None: it isn't lost."""
    reported = lost_at(card_ids=[card_id]).get(card_id)
    if reported is None:
        return None
    found = row(
        """
        SELECT max(h.published_at) AS published_at, coalesce(sum(h.known), 0)::bigint AS known,
               max(h.last_known_at) AS last_known_at,
               (SELECT count(*) FROM cards_reader_snapshot r
                JOIN pub.devices d ON d.device_id = r.reader_id AND d.state = 'active'
                JOIN cards_hotlisting l ON l.service = r.service AND l.card_id = %s) AS readers
        FROM cards_hotlisting h WHERE h.card_id = %s
        """,
        [card_id, card_id],
    )
    assert found is not None, "sums have a row"
    return LossClock(
        reported_at=reported,
        published_at=found.published_at,
        known=min(found.known, found.readers),
        readers=found.readers,
        last_known_at=found.last_known_at,
    )


def first_versions(*, card_ids: Sequence[int]) -> dict[tuple[int, str], int]:
    """Return the version of each service's snapshot in which a lost card was published first."""
    found = rows(
        "SELECT card_id, service, version FROM cards_hotlisting WHERE card_id = ANY(%s::bigint[])",
        [list(card_ids)],
    )
    return {(one.card_id, one.service): one.version for one in found}
