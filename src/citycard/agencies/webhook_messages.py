"""Messages to agencies' systems: noted with what they are about, tried, delivered or given up.

Each subscription's messages go out one after the other. Whom one is about is sealed, so that two
agencies' messages share no value; what it says is made when it is sent.
"""

import datetime as dt
import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from citycard.agencies.webhooks import SECRET, WEBHOOK_TOPIC
from citycard.infra import crypto, outbox
from citycard.infra.database import rows
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.errors import Refused

_ABOUT = "agencies.webhook_message.about"
_A_MOMENT, _RESTING = dt.timedelta(seconds=5), dt.timedelta(hours=1)
KEPT = dt.timedelta(days=90)
"""How long a message is kept after it came to its end."""

PAUSES_S = (5, 30, 120, 600, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600)
"""How long after each failed try the next one follows; after the last one somebody has to look."""


class NothingToSendAgain(Refused):
    """This message was delivered, waits to be, or its subscription has ended."""

    code = "agencies.nothing_to_send_again"


@dataclass(frozen=True, kw_only=True)
class Happening:
    """Something that a subscription is told of.

    :ivar about: ids that say what; sealed where they are kept
    """

    webhook_id: int
    kind: str
    at: dt.datetime
    about: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class WebhookMessage:
    """A message that may be sent now.

    :ivar secrets: what signs it: the present secret, and for a while the one before
    """

    message_id: int
    message: uuid.UUID
    webhook_id: int
    agency: str
    client: str
    url: str
    kind: str
    at: dt.datetime
    about: Mapping[str, Any] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class MessageTry:
    """What came of one try.

    :ivar answer: a status such as ``204``, or a word such as ``time-out``
    """

    message_id: int
    delivered: bool
    answer: str


@dataclass(frozen=True, kw_only=True)
class MessageView:
    """A message as the agency sees it; nothing about whom it is about."""

    message_id: int
    message: uuid.UUID
    kind: str
    happened_at: dt.datetime
    state: str
    tries: int
    next_try_at: dt.datetime
    last_answer: str
    ended_at: dt.datetime | None


def note_happenings(*, happenings: Sequence[Happening], now: dt.datetime) -> None:
    """Keep what subscriptions are to be told, in this order, a letter in the outbox for each; one
    that ended is told nothing more."""
    require_unit_of_work()
    names = [uuid.uuid4() for _ in happenings]
    kept = rows(
        """
        INSERT INTO agencies_webhook_message
            (webhook_id, message, kind, happened_at, about_sealed, next_try_at, enqueued_at)
        SELECT h.webhook_id, h.message, h.kind, h.happened_at, h.about, %s, %s
        FROM unnest(%s::bigint[], %s::uuid[], %s::text[], %s::timestamptz[], %s::bytea[])
             WITH ORDINALITY AS h(webhook_id, message, kind, happened_at, about, n)
        JOIN agencies_webhook w ON w.id = h.webhook_id AND w.state <> 'ended'
        ORDER BY h.n RETURNING id
        """,
        [
            now,
            now,
            [one.webhook_id for one in happenings],
            names,
            [one.kind for one in happenings],
            [one.at for one in happenings],
            [
                crypto.seal(_ABOUT, json.dumps(one.about), row=name)
                for one, name in zip(happenings, names, strict=True)
            ],
        ],
    )
    outbox.enqueue(topic=WEBHOOK_TOPIC, letters=[(str(one.id), one.id) for one in kept], now=now)


def messages_to_send(*, message_ids: Sequence[int], now: dt.datetime) -> list[WebhookMessage]:
    """Return which of these messages may go out now, in order: each after those before it here.

    Not in the answer is one that waits for its pause, for an earlier message of its subscription
    that isn't here, or for the subscription to go on; and one that needs nothing more.
    """
    found = rows(
        """
        SELECT m.id, m.message, m.webhook_id, m.kind, m.happened_at, m.about_sealed,
               c.agency, c.code AS client, w.url, w.seal_row, w.secret_sealed,
               CASE WHEN w.old_secret_until > %(now)s THEN w.old_secret_sealed END AS old_sealed
        FROM agencies_webhook_message m
        JOIN agencies_webhook w ON w.id = m.webhook_id
        JOIN agencies_client c ON c.id = w.client_id
        WHERE m.id = ANY(%(ids)s::bigint[]) AND m.state = 'waiting' AND w.state = 'active'
          AND c.state = 'active' AND m.next_try_at <= %(now)s AND NOT EXISTS (
              SELECT FROM agencies_webhook_message e
              WHERE e.webhook_id = m.webhook_id AND e.state = 'waiting' AND e.id < m.id
                AND (e.next_try_at > %(now)s OR NOT e.id = ANY(%(ids)s::bigint[])))
        ORDER BY m.id
        """,
        {"ids": list(message_ids), "now": now},
    )
    return [_read(one) for one in found]


def message_turns(*, message_ids: Sequence[int], now: dt.datetime) -> dict[int, dt.datetime]:
    """Return when each of these messages that still wait is to be looked at again.

    A message goes with the first that waits of its subscription. Should that one be due and not be
    among these, its letter is hastened and these follow a moment later. One whose subscription
    rests is looked at rarely: ``change_webhook`` hastens it.
    """
    require_unit_of_work()
    ids = frozenset(message_ids)
    found = rows(
        """
        SELECT m.id, w.state, f.id AS first_id, f.next_try_at
        FROM agencies_webhook_message m
        JOIN agencies_webhook w ON w.id = m.webhook_id
        CROSS JOIN LATERAL (
            SELECT e.id, e.next_try_at FROM agencies_webhook_message e
            WHERE e.webhook_id = m.webhook_id AND e.state = 'waiting' ORDER BY e.id LIMIT 1) f
        WHERE m.id = ANY(%s::bigint[]) AND m.state = 'waiting' AND w.state <> 'ended'
        """,
        [sorted(ids)],
    )
    elsewhere = {one.first_id for one in found if one.first_id not in ids}
    outbox.hasten(topic=WEBHOOK_TOPIC, refs=_due(found, elsewhere, now), now=now)
    return {one.id: _turn(one, one.first_id in elsewhere, now) for one in found}


def _due(found: Sequence[Any], elsewhere: Collection[int], now: dt.datetime) -> list[int]:
    return sorted(
        {
            one.first_id
            for one in found
            if one.first_id in elsewhere and one.state == "active" and one.next_try_at <= now
        }
    )


def _turn(one: Any, is_elsewhere: bool, now: dt.datetime) -> dt.datetime:
    if one.state != "active":
        return now + _RESTING
    if is_elsewhere and one.next_try_at <= now:
        return now + _A_MOMENT
    return one.next_try_at  # type: ignore[no-any-return]  # a column


def note_tries(*, tries: Sequence[MessageTry], now: dt.datetime) -> dict[int, str]:
    """Keep what came of tries; returns each message's state afterwards."""
    require_unit_of_work()
    found = rows(
        """
        UPDATE agencies_webhook_message m
        SET tries = m.tries + 1, last_answer = t.answer,
            state = CASE WHEN t.delivered THEN 'delivered'
                         WHEN m.tries >= cardinality(%(pauses)s::integer[]) THEN 'failed'
                         ELSE 'waiting' END,
            next_try_at = CASE WHEN t.delivered THEN m.next_try_at
                ELSE %(now)s::timestamptz + interval '1 second' * coalesce(
                    (%(pauses)s::integer[])[m.tries + 1], 0) END,
            ended_at = CASE WHEN t.delivered OR m.tries >= cardinality(%(pauses)s::integer[])
                            THEN %(now)s::timestamptz END
        FROM unnest(%(ids)s::bigint[], %(delivered)s::boolean[], %(answers)s::text[])
             AS t(id, delivered, answer)
        WHERE m.id = t.id AND m.state = 'waiting' RETURNING m.id, m.state
        """,
        {
            "pauses": list(PAUSES_S),
            "now": now,
            "ids": [one.message_id for one in tries],
            "delivered": [one.delivered for one in tries],
            "answers": [one.answer for one in tries],
        },
    )
    return {one.id: one.state for one in found}


def send_again(*, message_ids: Sequence[int], now: dt.datetime) -> list[int]:
    """Let messages that were given up be tried anew, and their letters with them; returns which.

    :raises NothingToSendAgain: none of them was given up, or their subscription ended
    """
    found = revive_messages(message_ids=message_ids, now=now)
    if not found:
        raise NothingToSendAgain()
    outbox.hasten(topic=WEBHOOK_TOPIC, refs=found, now=now)
    return found


def revive_messages(*, message_ids: Sequence[int], now: dt.datetime) -> list[int]:
    """Let messages that were given up wait for their turn again, from the first try; returns
    which. One whose subscription ended stays as it is."""
    require_unit_of_work()
    found = rows(
        """
        UPDATE agencies_webhook_message m SET state = 'waiting', tries = 0, next_try_at = %s,
               ended_at = NULL
        FROM agencies_webhook w
        WHERE m.id = ANY(%s::bigint[]) AND m.state = 'failed'
          AND w.id = m.webhook_id AND w.state <> 'ended' RETURNING m.id
        """,
        [now, list(message_ids)],
    )
    return sorted(one.id for one in found)


def clear_messages(*, now: dt.datetime) -> int:
    """Delete messages that came to an end a good while ago, with their letters; returns how many.

    What was given up stays for as long as somebody may send it again.
    """
    require_unit_of_work()
    gone = rows(
        """
        DELETE FROM agencies_webhook_message
        WHERE ended_at < %s AND state IN ('delivered', 'dropped') RETURNING id
        """,
        [now - KEPT],
    )
    outbox.forget(topic=WEBHOOK_TOPIC, keys=[str(one.id) for one in gone])
    return len(gone)


def webhook_messages(*, webhook_id: int, limit: int = 50) -> list[MessageView]:
    """Return a subscription's messages, the newest first."""
    found = rows(
        """
        SELECT id AS message_id, message, kind, happened_at, state, tries, next_try_at,
               last_answer, ended_at
        FROM agencies_webhook_message WHERE webhook_id = %s ORDER BY id DESC LIMIT %s
        """,
        [webhook_id, limit],
    )
    return [MessageView(**one._asdict()) for one in found]


def failed_messages(*, webhook_id: int) -> list[int]:
    """Return the ids of a subscription's messages that were given up."""
    found = rows(
        "SELECT id FROM agencies_webhook_message WHERE webhook_id = %s AND state = 'failed'"
        " ORDER BY id",
        [webhook_id],
    )
    return [one.id for one in found]


def _read(found: Any) -> WebhookMessage:
    sealed = [found.secret_sealed, *([found.old_sealed] if found.old_sealed else [])]
    return WebhookMessage(
        message_id=found.id,
        message=found.message,
        webhook_id=found.webhook_id,
        agency=found.agency,
        client=found.client,
        url=found.url,
        kind=found.kind,
        at=found.happened_at,
        about=json.loads(crypto.unseal(_ABOUT, found.about_sealed, row=found.message)),
        secrets=tuple(crypto.unseal(SECRET, one, row=found.seal_row) for one in sealed),
    )
