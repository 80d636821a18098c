"""What is still to be said to outside systems: at least once on the wire, visible while it waits.

A context enqueues inside its unit of work (intent commits), a worker delivers outside any, and the
outcome arrives in a new one. The key makes a repeated intent one row; the outside system gets the
same key.
"""

import datetime as dt
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import structlog

from citycard.infra.database import execute, is_unreachable, rows
from citycard.infra.outbox_waiting import Outage, Waiting, counts, outages, waiting
from citycard.infra.ports import PortUnavailable
from citycard.infra.unit_of_work import forbid_unit_of_work, require_unit_of_work, unit_of_work

__all__ = [
    "Letter",
    "Outage",
    "Outcome",
    "Topic",
    "Waiting",
    "counts",
    "drain_once",
    "drain_until_idle",
    "enqueue",
    "forget",
    "hasten",
    "outages",
    "register",
    "retry",
    "topics",
    "waiting",
]

log = structlog.get_logger(__name__)

_LEASE = dt.timedelta(minutes=2)
_FIRST_PAUSE_S = 2.0
_AFTER_REFUSAL = (2.0, 60.0)
_AFTER_SILENCE = (1.5, 30.0)
"""How a pause grows from try to try, and its longest in seconds. A system that is silent is
asked again sooner: the first letter that gets through sends all the others.
"""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """Something to be said: ``ref`` is the id of the row that tells what, ``key`` makes it once."""

    id: int
    key: str
    ref: int
    attempts: int
    unanswered: int = 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a letter.

    :ivar result: ``done``; ``retry`` (not now, try again); ``failed`` (will not go: a person must
        look)
    :ivar why: a code for people who look, never personal data
    :ivar at: of a ``retry``: when its turn comes, where that is known; None: its pause grows
    :ivar tried: False: its turn did not come, which wears no letter out
    """

    id: int
    result: Literal["done", "retry", "failed"]
    why: str = ""
    at: dt.datetime | None = None
    tried: bool = True


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One kind of letter and who delivers it.

    :ivar deliver: called outside any unit of work with a batch; returns one outcome a letter
    :ivar most_attempts: after so many refusals a letter waits for a person; None never gives up.
        An outside system that is down does not count: its letters are tried ever more rarely, up to
        twice a minute, and all at once when one of them gets through.
    """

    name: str
    deliver: Callable[[Sequence[Letter], dt.datetime], Iterable[Outcome]]
    batch: int = 50
    most_attempts: int | None = 5


_topics: dict[str, Topic] = {}


def register(topics: Iterable[Topic]) -> None:
    """Hand the table of topics to the outbox; done once, by the wiring."""
    _topics.clear()
    for topic in topics:
        assert topic.name not in _topics, f"two topics are named {topic.name}"
        _topics[topic.name] = topic


def topics() -> list[Topic]:
    """Return every kind of letter."""
    return list(_topics.values())


def enqueue(*, topic: str, letters: Sequence[tuple[str, int]], now: dt.datetime) -> None:
    """Intend to say something: (key, ref) each; a key that is there already changes nothing."""
    require_unit_of_work()
    execute(
        """
        INSERT INTO infra_outbox (topic, key, ref, next_at, enqueued_at)
        SELECT %s, l.key, l.ref, %s, %s FROM unnest(%s::text[], %s::bigint[]) AS l(key, ref)
        ON CONFLICT (topic, key) DO NOTHING
        """,
        [topic, now, now, [key for key, _ in letters], [ref for _, ref in letters]],
    )


def drain_once(topic: Topic, *, now: dt.datetime) -> int:
    """Deliver one batch of a topic; returns how many letters were tried.

    A process that dies while delivering leaves its letters to the next one after a lease of two
    minutes.
    """
    forbid_unit_of_work("delivering calls a port")
    with unit_of_work():
        letters = _claim(topic, now)
    if not letters:
        return 0
    _deliver(topic, letters, now)
    return len(letters)


def _deliver(topic: Topic, letters: Sequence[Letter], now: dt.datetime) -> None:
    """Deliver claimed letters and note what became of them.

    A mistake of ours that one letter brings out must not hold up those beside it: then each is
    tried by itself, under its own key, and the poison one is left standing with what went wrong.
    """
    counts = True
    try:
        outcomes = list(topic.deliver(letters, now))
    except PortUnavailable as unavailable:
        counts = False
        why = f"{unavailable.facts['port']}: {unavailable.facts['why']}"
        outcomes = [Outcome(id=letter.id, result="retry", why=why) for letter in letters]
    except Exception as broken:
        if is_unreachable(broken):
            raise  # the database went away: the lease brings the letters back
        if len(letters) > 1:
            for letter in letters:
                _deliver(topic, [letter], now)
            return
        log.exception("outbox.letter_broken", topic=topic.name, letter=letters[0].id)
        outcomes = [Outcome(id=letters[0].id, result="retry", why=type(broken).__name__)]
    with unit_of_work():
        _record(topic, letters, outcomes, now, counts=counts)


def drain_until_idle(*, now: Callable[[], dt.datetime], rounds: int = 1000) -> int:
    """Deliver what is due in every topic, until nothing is; returns how many letters were tried."""
    tried = 0
    for _ in range(rounds):
        this_round = sum(drain_once(topic, now=now()) for topic in topics())
        tried += this_round
        if not this_round:
            break
    return tried


def retry(letter_ids: Sequence[int], *, now: dt.datetime) -> int:
    """Send letters again at once, whatever their state but done; returns how many."""
    require_unit_of_work()
    return execute(
        "UPDATE infra_outbox SET state = 'waiting', next_at = %s, attempts = 0, ended_at = NULL"
        " WHERE id = ANY(%s) AND state IN ('failed', 'waiting')",
        [now, list(letter_ids)],
    )


def hasten(*, topic: str, refs: Sequence[int], now: dt.datetime) -> int:
    """Let the letters about some rows go at once, also those that were given up; returns how many.

    One that is under way stays so.
    """
    require_unit_of_work()
    if not refs:
        return 0
    return execute(
        "UPDATE infra_outbox SET state = 'waiting', next_at = %s, attempts = 0, ended_at = NULL"
        " WHERE topic = %s AND ref = ANY(%s::bigint[])"
        " AND (state = 'failed' OR state = 'waiting' AND next_at > %s)",
        [now, topic, list(refs), now],
    )


def forget(*, topic: str, keys: Sequence[str]) -> int:
    """Delete letters that are done with, when what they were about is deleted; returns how many."""
    require_unit_of_work()
    return execute(
        "DELETE FROM infra_outbox WHERE topic = %s AND key = ANY(%s::text[])"
        " AND state IN ('done', 'failed')",
        [topic, list(keys)],
    )


def _claim(topic: Topic, now: dt.datetime) -> list[Letter]:
    found = rows(
        """
        UPDATE infra_outbox o SET state = 'sending', next_at = %s
        FROM (
            SELECT id FROM infra_outbox
            WHERE topic = %s AND state IN ('waiting', 'sending') AND next_at <= %s
            ORDER BY next_at, id LIMIT %s FOR UPDATE SKIP LOCKED
        ) due
        WHERE o.id = due.id RETURNING o.id, o.key, o.ref, o.attempts, o.unanswered
        """,
        [now + _LEASE, topic.name, now, topic.batch],
    )
    return sorted((Letter(**letter._asdict()) for letter in found), key=lambda it: it.id)


def _record(
    topic: Topic,
    letters: Sequence[Letter],
    outcomes: Sequence[Outcome],
    now: dt.datetime,
    *,
    counts: bool,
) -> None:
    known = {outcome.id: outcome for outcome in outcomes}
    lost = Outcome(id=0, result="retry", why="no outcome was returned")
    states, whys, pauses, turns, tries = [], [], [], [], []
    for letter in letters:
        outcome = known.get(letter.id, lost)
        states.append(_state_after(topic, letter, outcome, counts))
        whys.append(outcome.why)
        pauses.append(
            _pause_s(letter.attempts, _AFTER_REFUSAL)
            if counts
            else _pause_s(letter.unanswered, _AFTER_SILENCE)
        )
        turns.append(outcome.at)
        tries.append(int(counts and outcome.tried))
    execute(
        """
        UPDATE infra_outbox o SET state = r.state, why = r.why, attempts = o.attempts + r.tries,
               unanswered = CASE WHEN %s THEN 0 ELSE o.unanswered + 1 END,
               next_at = coalesce(r.turn, %s::timestamptz + r.pause * interval '1 second'),
               ended_at = CASE WHEN r.state IN ('done', 'failed') THEN %s::timestamptz END
        FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::float8[], %s::timestamptz[],
                    %s::integer[]) AS r(id, state, why, pause, turn, tries)
        WHERE o.id = r.id AND o.state = 'sending'
        """,
        [
            counts,
            now,
            now,
            [letter.id for letter in letters],
            states,
            whys,
            pauses,
            turns,
            tries,
        ],
    )
    if counts:
        _wake(topic, now)


def _wake(topic: Topic, now: dt.datetime) -> None:
    """Let all go at once that waited for an answer: there was one."""
    execute(
        "UPDATE infra_outbox SET next_at = %s WHERE topic = %s AND state = 'waiting'"
        " AND unanswered > 0 AND next_at > %s",
        [now, topic.name, now],
    )


def _pause_s(tries_before: int, growing: tuple[float, float]) -> float:
    """Return a pause that grows with each try and is never quite another's: those who failed
    together must not all come back together.
    """
    factor, longest = growing
    pause = min(_FIRST_PAUSE_S * factor ** min(tries_before, 20), longest)
    return pause * random.uniform(0.5, 1.0)  # noqa: S311 - spread, no secret


def _state_after(topic: Topic, letter: Letter, outcome: Outcome, counts: bool) -> str:
    if outcome.result != "retry":
        return outcome.result
    spent = (
        counts
        and outcome.tried
        and topic.most_attempts is not None
        and letter.attempts + 1 >= topic.most_attempts
    )
    return "failed" if spent else "waiting"
