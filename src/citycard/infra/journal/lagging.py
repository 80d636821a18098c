"""Who is behind: what waits for each who follows the journal, and who stopped."""

import datetime as dt
from dataclasses import dataclass

from citycard.infra.database import row, rows
from citycard.infra.journal.following import Subscriber, subscribers


@dataclass(frozen=True, kw_only=True)
class Lag:
    """How far a subscriber is behind.

    :ivar events: how many of its events wait
    :ivar seconds: age of the oldest of them
    :ivar stopped_why: set when a poison event stopped it; ``stopped_on`` is that event's id
    """

    subscriber: str
    events: int
    seconds: float
    stopped_at: dt.datetime | None
    stopped_on: int | None
    stopped_why: str | None


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What waits for a subscriber.

    :ivar since: when the first event was announced that it has not taken; None: nothing waits
    :ivar stopped_why: as in ``Lag``
    """

    subscriber: Subscriber
    since: dt.datetime | None
    stopped_why: str | None


def lag() -> list[Lag]:
    """Return how far each subscriber is behind, stopped ones first."""
    found = [_lag_of(subscriber) for subscriber in subscribers()]
    return sorted(found, key=lambda it: (it.stopped_at is None, -it.seconds))


def _lag_of(subscriber: Subscriber) -> Lag:
    found = row(
        """
        SELECT count(j.id) AS events,
               coalesce(extract(epoch FROM now() - min(j.recorded_at)), 0)::float8 AS seconds,
               max(c.stopped_at) AS stopped_at, max(c.stopped_on) AS stopped_on,
               max(c.stopped_why) AS stopped_why
        FROM (SELECT %s::text AS name) s
        LEFT JOIN infra_cursor c ON c.subscriber = s.name
        LEFT JOIN infra_journal j
          ON (j.generation, j.xid, j.id)
             > (coalesce(c.generation, 0), coalesce(c.xid, '0'::xid8), coalesce(c.id, 0))
         AND j.code = ANY(%s)
        """,
        [subscriber.name, sorted(subscriber.codes)],
    )
    assert found is not None
    return Lag(subscriber=subscriber.name, **found._asdict())


def waiting() -> list[Waiting]:
    """Return what the first event is that each subscriber has not taken: one look for all of
    them."""
    known = subscribers()
    names = [one.name for one in known]
    return [
        Waiting(subscriber=one, since=found.since, stopped_why=found.stopped_why)
        for one, found in zip(
            known, rows(_WAITING, [names, [" ".join(it.codes) for it in known]]), strict=True
        )
    ]


# What came since the one who is furthest behind is read once, for all of them.
_WAITING = """
WITH follower AS MATERIALIZED (
    SELECT s.n, string_to_array(s.codes, ' ') AS codes, c.stopped_why,
           coalesce(c.generation, 0) AS generation, coalesce(c.xid, '0'::xid8) AS xid,
           coalesce(c.id, 0) AS id
    FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS s(name, codes, n)
    LEFT JOIN infra_cursor c ON c.subscriber = s.name
), last AS (
    SELECT generation, xid, id FROM follower ORDER BY generation, xid, id LIMIT 1
), came AS MATERIALIZED (
    SELECT j.generation, j.xid, j.id, j.code, j.recorded_at
    FROM last l JOIN infra_journal j ON (j.generation, j.xid, j.id) > (l.generation, l.xid, l.id)
), first AS (
    SELECT DISTINCT ON (f.n) f.n, j.recorded_at
    FROM follower f
    CROSS JOIN LATERAL unnest(f.codes) AS takes(code)
    JOIN came j
      ON j.code = takes.code AND (j.generation, j.xid, j.id) > (f.generation, f.xid, f.id)
    ORDER BY f.n, j.generation, j.xid, j.id
)
SELECT f.stopped_why, i.recorded_at AS since
FROM follower f LEFT JOIN first i USING (n) ORDER BY f.n
"""
