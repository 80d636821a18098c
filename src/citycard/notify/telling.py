"""Tell residents what happened: one message a happening, one delivery a channel, however often it
is handled."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from citycard.infra import outbox
from citycard.infra.database import rows, statement
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.notify.texts import channels_of

EMAIL_TOPIC = "notify.email"


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    """A happening to tell one resident.

    :ivar event_key: names the happening, not the attempt: ``applications.part.approved:17``
    :ivar code: the message's code in the pack
    :ivar params: references, codes and amounts that its text mentions; nothing personal
    """

    event_key: str
    member_id: int
    code: str
    params: Mapping[str, str | int | Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What became of a message: `is_new` is False when the happening had been told before."""

    event_key: str
    is_new: bool


def tell_many(*, messages: Sequence[NewMessage], now: dt.datetime) -> list[Told]:
    """Put messages into inboxes and on their way; a happening told before is left alone.

    :param now: aware instant at which the messages are written
    :raises MessageTextMissing: the pack has no text for a code; nothing is told
    """
    require_unit_of_work()
    channels = {code: channels_of(code) for code in {message.code for message in messages}}
    unique = {message.event_key: message for message in messages}
    new = _insert(list(unique.values()), now)
    _send_on_channels(new, unique, channels, now)
    return [Told(event_key=key, is_new=key in new) for key in unique]


def _insert(messages: list[NewMessage], now: dt.datetime) -> dict[str, int]:
    if not messages:
        return {}
    found = rows(
        statement(__file__, "insert_messages"),
        {
            "keys": [message.event_key for message in messages],
            "members": [message.member_id for message in messages],
            "codes": [message.code for message in messages],
            "params": [json.dumps(dict(message.params)) for message in messages],
            "now": now,
        },
    )
    return {row.event_key: row.id for row in found}


def _send_on_channels(
    new: Mapping[str, int],
    messages: Mapping[str, NewMessage],
    channels: Mapping[str, frozenset[str]],
    now: dt.datetime,
) -> None:
    by_email = [id_ for key, id_ in new.items() if "email" in channels[messages[key].code]]
    if by_email:
        rows(statement(__file__, "insert_deliveries"), {"messages": by_email, "channel": "email"})
        letters = [(f"message:{message_id}", message_id) for message_id in by_email]
        outbox.enqueue(topic=EMAIL_TOPIC, letters=letters, now=now)
