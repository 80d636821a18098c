"""What waits in the outbox, as people who look see it."""

import datetime as dt
from dataclasses import dataclass

from citycard.infra.database import rows


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A letter as the operator sees it.

    :ivar unanswered: how often in a row the outside system gave no answer
    """

    id: int
    topic: str
    ref: int
    state: str
    attempts: int
    unanswered: int
    next_at: dt.datetime
    why: str
    enqueued_at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Outage:
    """Letters of one topic that an outside system gives no answer to.

    :ivar why: the port and what came of the last call, like ``card company: time-out``
    :ivar since: when the oldest of them was to go
    """

    topic: str
    why: str
    letters: int
    since: dt.datetime
    next_at: dt.datetime


def waiting(
    *, topic: str | None = None, failed_only: bool = False, limit: int = 100
) -> list[Waiting]:
    """Return letters not yet delivered, failed ones first, oldest first."""
    states = ["failed"] if failed_only else ["failed", "waiting", "sending"]
    found = rows(
        """
        SELECT id, topic, ref, state, attempts, unanswered, next_at, why, enqueued_at
        FROM infra_outbox
        WHERE state = ANY(%s) AND (%s::text IS NULL OR topic = %s)
        ORDER BY state <> 'failed', enqueued_at LIMIT %s
        """,
        [states, topic, topic, limit],
    )
    return [Waiting(**letter._asdict()) for letter in found]


def counts() -> dict[str, dict[str, int]]:
    """Return how many letters wait, are under way or failed, by topic."""
    found: dict[str, dict[str, int]] = {}
    for topic, state, count in rows(
        "SELECT topic, state, count(*) FROM infra_outbox WHERE state <> 'done' GROUP BY 1, 2"
    ):
        found.setdefault(topic, {})[state] = count
    return found


def outages() -> list[Outage]:
    """Return where letters wait because nobody answers, the longest first."""
    found = rows(
        """
        SELECT topic, max(why) AS why, count(*) AS letters, min(enqueued_at) AS since,
               min(next_at) AS next_at
        FROM infra_outbox WHERE state = 'waiting' AND unanswered > 0 GROUP BY topic ORDER BY since
        """
    )
    return [Outage(**outage._asdict()) for outage in found]
