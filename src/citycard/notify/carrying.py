"""What every channel outside the city's pages shares: which messages, to where, what became of
them."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol

from citycard.infra.database import execute, rows
from citycard.infra.outbox import Letter, Outcome
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.notify.models import Delivery
from citycard.people import api as people

_STATE_AFTER = {"sent": Delivery.SENT, "refused": Delivery.FAILED, "later": Delivery.WAITING}
_OUTCOME: dict[str, Literal["done", "retry", "failed"]] = {
    "sent": "done",
    "refused": "failed",
    "later": "retry",
}


class Result(Protocol):
    """What a channel said about one message."""

    @property
    def key(self) -> str: ...

    @property
    def result(self) -> str: ...

    @property
    def why(self) -> str: ...


def messages_of(letters: Sequence[Letter]) -> dict[int, Any]:
    """Return the messages that letters stand for, by id."""
    found = rows(
        "SELECT id, member_id, code, params::text AS params FROM notify_message WHERE id = ANY(%s)",
        [[letter.ref for letter in letters]],
    )
    return {row.id: row for row in found}


def addresses(
    member_ids: Iterable[int], field: Literal["email", "phone"], now: dt.datetime
) -> dict[int, str]:
    """Open where each person is reached; one access record a person."""
    found: dict[int, str] = {}
    for member_id in sorted(set(member_ids)):
        access = people.open_access(
            subject=member_id, fields=[field], purpose="notification", actor=SYSTEM, now=now
        )
        profile = people.profile(access=access, member_id=member_id)
        found[member_id] = (profile.email if field == "email" else profile.phone) or ""
    return found


def key_of(message_id: int) -> str:
    """Return the name under which a message goes out, again and again the same."""
    return f"message:{message_id}"


def settle(
    channel: str,
    letters: Sequence[Letter],
    reached: Iterable[int],
    results: Sequence[Result],
    now: dt.datetime,
) -> list[Outcome]:
    """Note what became of each message, and tell the outbox.

    :param reached: the messages that had an address on this channel
    """
    by_key, reached = {result.key: result for result in results}, frozenset(reached)
    known = messages_of(letters)
    states = {
        id_: _state(by_key.get(key_of(id_))) if id_ in reached else Delivery.NO_ADDRESS
        for id_ in known
    }
    _record(channel, states, now)
    return [_outcome(letter, reached, by_key, now) for letter in letters]


def _state(result: Result | None) -> str:
    return _STATE_AFTER[result.result] if result else Delivery.WAITING


def _record(channel: str, states: Mapping[int, str], now: dt.datetime) -> None:
    with unit_of_work():
        execute(
            """
            UPDATE notify_delivery d SET state = s.state,
                   ended_at = CASE WHEN s.state <> 'waiting' THEN %s::timestamptz END
            FROM unnest(%s::bigint[], %s::text[]) AS s(message_id, state)
            WHERE d.message_id = s.message_id AND d.channel = %s
            """,
            [now, list(states), list(states.values()), channel],
        )


def _outcome(
    letter: Letter, reached: frozenset[int], results: Mapping[str, Result], now: dt.datetime
) -> Outcome:
    if letter.ref not in reached:
        return Outcome(id=letter.id, result="done", why="no_address")
    result = results.get(key_of(letter.ref))
    if result is None:
        return Outcome(id=letter.id, result="retry", why="not_tried", at=now, tried=False)
    return Outcome(id=letter.id, result=_OUTCOME[result.result], why=result.why)
