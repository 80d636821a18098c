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

TOPIC_OF = {"email": "notify.email", "sms": "notify.sms"}
"""By channel outside the city's pages, the outbox topic that carries it."""


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    """A happening to tell one resident.

    :ivar event_key: names the happening, not the attempt: ``applications.part.approved:17``
    :ivar code: the message's code in the pack
    :ivar params: references, codes and amounts that its text mentions; nothing personal
    :ivar channels: which of the pack's channels the recipient chose; None: all of them
    :ivar text_price_ntd: what the recipient pays for a text message that is sent, to the agency
        ``billed_by``
    """

    event_key: str
    member_id: int
    code: str
    params: Mapping[str, str | int | Mapping[str, str]] = field(default_factory=dict)
    channels: frozenset[str] | None = None
    text_price_ntd: int = 0
    billed_by: str = ""


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
    """Note a delivery for each channel outside the city's pages, and put it on its way."""
    for channel, topic in TOPIC_OF.items():
        told = [
            (id_, *_price(messages[key], channel))
            for key, id_ in new.items()
            if channel in _chosen(messages[key], channels)
        ]
        if told:
            ids, prices, billed = map(list, zip(*told, strict=True))
            rows(
                statement(__file__, "insert_deliveries"),
                {"messages": ids, "prices": prices, "billed": billed, "channel": channel},
            )
            letters = [(f"message:{message_id}", message_id) for message_id in ids]
            outbox.enqueue(topic=topic, letters=letters, now=now)


def _price(message: NewMessage, channel: str) -> tuple[int, str]:
    """Return what a message costs its recipient on a channel, and whom they pay."""
    costs = channel == "sms" and message.text_price_ntd > 0
    return (message.text_price_ntd, message.billed_by) if costs else (0, "")


def _chosen(message: NewMessage, channels: Mapping[str, frozenset[str]]) -> frozenset[str]:
    offered = channels[message.code]
    return offered if message.channels is None else offered & message.channels
