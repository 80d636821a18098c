"""The append-only record of every state a card was in."""

import datetime as dt
from collections.abc import Sequence

from citycard.infra.database import execute
from citycard.kernel.actors import Actor


def note_states(changes: Sequence[tuple[int, str, str]], *, actor: Actor, at: dt.datetime) -> None:
    """Append (card, state, why) rows; ``why`` is a code, never a person's words."""
    if changes:
        execute(
            """
            INSERT INTO cards_card_history (card_id, at, state, why, actor)
            SELECT card_id, %s, state, why, %s
            FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS c(card_id, state, why)
            """,
            [at, actor.id, *([change[column] for change in changes] for column in range(3))],
        )
