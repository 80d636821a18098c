"""Telling agencies' systems of what happens in their own services, by signed messages.

What an event means to a subscription is noted in the same unit of work (``follow``); what it says
is made when it is sent (``deliver``), and names a member by that agency's own number or not at all;
an approved part of an application says what the pack lists (``handing_cases_on``).
A system in the sandbox is told of nothing, except in a demo city, where everybody is invented.
A receiver that answers 410 is gone: its subscription rests until the agency lets it go on.
Each message that names one leaves an access record. Messages are signed as Standard Webhooks has
it; one subscription's messages go out one after the other.
"""

import base64
import datetime as dt
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings

from citycard.agencies import api as agencies
from citycard.agencies.ports import WebhookCall, WebhookReceivers
from citycard.cards import api as cards
from citycard.flows import handing_cases_on
from citycard.flows.concerning_systems import CONCERNS
from citycard.infra import failpoints, ports
from citycard.infra.journal import Announced
from citycard.infra.outbox import Letter, Outcome, Topic
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.people import api as people

Message = agencies.WebhookMessage
TOPIC = agencies.WEBHOOK_TOPIC
ROUNDS_S = 40.0
"""After so long no further round begins: with the last one it stays below the outbox's lease."""

PURPOSE = "agency-notices"
PING = "ping"
GONE = "410"
KINDS = tuple(kind for kind, _ in CONCERNS.values())
"""What a system may ask to be told of."""

FOLLOWED = frozenset(CONCERNS)


def follow(batch: Sequence[Announced]) -> None:
    """Note what happened for the subscriptions that it concerns, each kind in its own order."""
    codes = list(dict.fromkeys(event.code for event in batch))
    webhooks = agencies.webhooks_of_kinds(
        kinds=[CONCERNS[code][0] for code in codes], sandboxes=settings.CITYCARD_DEMO
    )
    noted: list[agencies.Happening] = []
    for code in codes:
        kind, concerns = CONCERNS[code]
        wanted = [one for one in webhooks if kind in one.kinds]
        if wanted:
            noted += concerns([event for event in batch if event.code == code], wanted)
    agencies.note_happenings(happenings=noted, now=batch[-1].at)


def ping(*, webhook_id: int, actor: Actor, now: dt.datetime) -> None:
    """Send a subscription a message that says nothing, to see whether it arrives.

    :raises NoSuchWebhook: there is none with this id, or it ended
    """
    if agencies.webhook(webhook_id=webhook_id).state == "ended":
        raise agencies.NoSuchWebhook()
    with unit_of_work():
        one = agencies.Happening(webhook_id=webhook_id, kind=PING, at=now, about={})
        agencies.note_happenings(happenings=[one], now=now)


def send_again(*, message_ids: Sequence[int], actor: Actor, now: dt.datetime) -> None:
    """Try messages anew that were given up.

    :raises NothingToSendAgain: none of them was given up, or their subscription ended
    """
    with unit_of_work():
        agencies.send_again(message_ids=message_ids, now=now)


def deliver(letters: Sequence[Letter], now: dt.datetime) -> list[Outcome]:
    """Send what may go out now, and note what came of it.

    In rounds, one message a subscription: the next one's body, and the access record with it, is
    made when the one before has arrived. Each round is noted by itself, so that what arrived is
    known whatever becomes of the next. A round that would begin too late is left to other letters.
    """
    _revive(letters, now)
    until = time.monotonic() + ROUNDS_S
    found = agencies.messages_to_send(message_ids=[letter.ref for letter in letters], now=now)
    queues = _by_webhook(found)
    states: dict[int, str] = {}
    while queues:
        try:
            said = _send([queue[0] for queue in queues.values()], now)
        except ports.PortUnavailable:
            if not states:
                raise
            break
        states |= said
        queues = {
            webhook_id: queue[1:]
            for webhook_id, queue in queues.items()
            if len(queue) > 1 and said.get(queue[0].message_id) == "delivered"
        }
        if time.monotonic() >= until:
            break
    with unit_of_work():
        turns = agencies.message_turns(message_ids=[letter.ref for letter in letters], now=now)
    return [_outcome(letter, states.get(letter.ref), turns.get(letter.ref)) for letter in letters]


def _revive(letters: Sequence[Letter], now: dt.datetime) -> None:
    """Try anew what an operator wants sent again: such a letter begins from the first attempt."""
    with unit_of_work():
        again = [letter.ref for letter in letters if not letter.attempts]
        agencies.revive_messages(message_ids=again, now=now)


def _by_webhook(found: Sequence[agencies.WebhookMessage]) -> dict[int, list[Message]]:
    queues: dict[int, list[Message]] = {}
    for one in found:
        queues.setdefault(one.webhook_id, []).append(one)
    return queues


def _send(messages: Sequence[Message], now: dt.datetime) -> dict[int, str]:
    """Send one message of each subscription; returns the states of those that were tried."""
    said = {one.message_id: _body(one, now) for one in messages}
    calls = [
        _signed(one, body, now) for one in messages if (body := said[one.message_id]) is not None
    ]
    tries = ports.use(WebhookReceivers).send(calls) if calls else []
    failpoints.reach("webhook.after_call")
    tries += [
        agencies.MessageTry(message_id=one.message_id, delivered=True, answer=_untold(one.kind))
        for one in messages
        if said[one.message_id] is None
    ]
    webhook_of = {one.message_id: one.webhook_id for one in messages}
    gone = {webhook_of[one.message_id] for one in tries if one.answer == GONE}
    with unit_of_work():
        states = agencies.note_tries(tries=tries, now=now)
        agencies.rest_webhooks(webhook_ids=sorted(gone), now=now)
        failpoints.reach("webhook.before_commit")
    return states


def _untold(kind: str) -> str:
    """Return the word for why a message that is due says nothing any more."""
    return "not-sent" if kind == handing_cases_on.KIND else "not-linked"


def _outcome(letter: Letter, state: str | None, turn: dt.datetime | None) -> Outcome:
    if state == "failed":
        return Outcome(id=letter.id, result="failed", why="given up")
    if turn is not None:
        return Outcome(id=letter.id, result="retry", why="waits", at=turn, tried=state is not None)
    return Outcome(id=letter.id, result="done")


def _signed(one: agencies.WebhookMessage, body: bytes, now: dt.datetime) -> WebhookCall:
    name, at = f"msg_{one.message.hex}", str(int(now.timestamp()))
    said = f"{name}.{at}.".encode() + body
    signatures = [hmac.digest(_secret(one), said, hashlib.sha256) for one in one.secrets]
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "CityCard",
        "webhook-id": name,
        "webhook-timestamp": at,
        "webhook-signature": " ".join(
            f"v1,{base64.b64encode(each).decode()}" for each in signatures
        ),
    }
    return WebhookCall(
        message_id=one.message_id,
        url=one.url,
        headers=headers,
        body=body,
    )


def _secret(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_"))


def _body(one: agencies.WebhookMessage, now: dt.datetime) -> bytes | None:
    """Return what a message says; None where it is about somebody who is the agency's no more."""
    if one.kind == handing_cases_on.KIND:
        part_id = int(one.about["part_id"])
        case = handing_cases_on.content(agency=one.agency, part_id=part_id, now=now)
        return None if case is None else _told(one, case)
    data = dict(one.about)
    member_id = data.pop("member_id", None)
    if member_id is not None:
        number = _number(one.agency, int(member_id), now)
        if number is None:
            return None
        data["agency_number"] = number
    return _told(one, data)


def _told(one: agencies.WebhookMessage, data: Mapping[str, Any]) -> bytes:
    told = {"type": one.kind, "timestamp": one.at.isoformat(), "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _number(agency: str, member_id: int, now: dt.datetime) -> str | None:
    access = people.open_access(
        subject=[member_id],
        fields=("agency_number",),
        purpose=PURPOSE,
        actor=replace(SYSTEM, agency=agency),
        now=now,
    )
    (found,) = cards.convert(access=access, agency=agency, member_ids=[member_id])
    return found.number if found else None


LETTER = Topic(name=TOPIC, deliver=deliver, most_attempts=None)
