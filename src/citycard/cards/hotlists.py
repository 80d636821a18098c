"""The clock of a loss: when it was reported, when readers were told, and how many know."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from citycard.infra.database import rows, statement


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
    return loss_clocks(card_ids=[card_id]).get(card_id)


def loss_clocks(*, card_ids: Sequence[int]) -> dict[int, LossClock]:
    """Return how far some cards' losses have got; those that aren't lost are left out."""
    reported = lost_at(card_ids=card_ids)
    listed = {
        one.card_id: one for one in rows(statement(__file__, "loss_clocks"), {"cards": [*reported]})
    }
    return {card: _clock(at, listed.get(card)) for card, at in reported.items()}


def _clock(reported_at: dt.datetime, listed: Any) -> LossClock:
    if listed is None:
        return LossClock(
            reported_at=reported_at, published_at=None, known=0, readers=0, last_known_at=None
        )
    return LossClock(
        reported_at=reported_at,
        published_at=listed.published_at,
        known=min(listed.known, listed.readers),
        readers=listed.readers,
        last_known_at=listed.last_known_at,
    )


def first_versions(*, card_ids: Sequence[int]) -> dict[tuple[int, str], int]:
    """Return the version of each service's snapshot in which a lost card was published first."""
    found = rows(
        "SELECT card_id, service, version FROM cards_hotlisting WHERE card_id = ANY(%s::bigint[])",
        [list(card_ids)],
    )
    return {(one.card_id, one.service): one.version for one in found}
