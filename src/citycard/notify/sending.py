"""Hand messages to channels outside the city's pages: the deliverer of the outbox's e-mail
letters."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from citycard.identity.ports import Email, EmailResult, EmailSender
from citycard.infra import ports
from citycard.infra.database import execute, rows
from citycard.infra.outbox import Letter, Outcome, Topic
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.notify.models import Delivery
from citycard.notify.telling import EMAIL_TOPIC
from citycard.notify.texts import render_message
from citycard.people import api as people

_STATE_AFTER = {"sent": Delivery.SENT, "refused": Delivery.FAILED, "later": Delivery.WAITING}
_OUTCOME: dict[str, Literal["done", "retry", "failed"]] = {
    "sent": "done",
    "refused": "failed",
    "later": "retry",
}


def send_emails(letters: Sequence[Letter], now: dt.datetime) -> list[Outcome]:
    """Send a batch of messages by e-mail; a resident without an address is told in the inbox alone.

    :raises PortUnavailable: the relay does not answer; the letters wait
    """
    found = {row.id: row for row in _messages([letter.ref for letter in letters])}
    if found:
        # While the relay is down nobody's address is opened for it, again and again.
        ports.use(EmailSender).check()
    addresses = _addresses({row.member_id for row in found.values()}, now)
    emails = {
        row.id: _email(row, addresses[row.member_id])
        for row in found.values()
        if addresses.get(row.member_id)
    }
    results = ports.use(EmailSender).send(list(emails.values())) if emails else []
    by_key = {result.key: result for result in results}
    states = {
        row.id: _state(by_key.get(emails[row.id].key)) if row.id in emails else Delivery.NO_ADDRESS
        for row in found.values()
    }
    _record(states, now)
    return [_outcome(letter, emails, by_key) for letter in letters]


EMAILS = Topic(name=EMAIL_TOPIC, deliver=send_emails)


def _messages(message_ids: list[int]) -> list[Any]:
    return rows(
        "SELECT id, member_id, code, params::text AS params FROM notify_message WHERE id = ANY(%s)",
        [message_ids],
    )


def _addresses(member_ids: set[int], now: dt.datetime) -> dict[int, str]:
    found: dict[int, str] = {}
    for member_id in sorted(member_ids):
        access = people.open_access(
            subject=member_id, fields=["email"], purpose="notification", actor=SYSTEM, now=now
        )
        found[member_id] = people.profile(access=access, member_id=member_id).email or ""
    return found


def _email(message: Any, address: str) -> Email:
    """Write one e-mail, Chinese first and English under it: nobody has to choose a language."""
    params = json.loads(message.params)
    zh, en = (
        render_message(code=message.code, params=params, language=language)
        for language in ("zh-Hant", "en")
    )
    return Email(
        key=f"message:{message.id}",
        to=address,
        subject=f"{zh.title} {en.title}",
        body=f"{zh.body}\n\n{en.body}\n",
    )


def _state(result: EmailResult | None) -> str:
    return _STATE_AFTER[result.result] if result else Delivery.WAITING


def _record(states: Mapping[int, str], now: dt.datetime) -> None:
    with unit_of_work():
        execute(
            """
            UPDATE notify_delivery d SET state = s.state,
                   ended_at = CASE WHEN s.state <> 'waiting' THEN %s::timestamptz END
            FROM unnest(%s::bigint[], %s::text[]) AS s(message_id, state)
            WHERE d.message_id = s.message_id AND d.channel = 'email'
            """,
            [now, list(states), list(states.values())],
        )


def _outcome(
    letter: Letter, emails: Mapping[int, Email], results: Mapping[str, EmailResult]
) -> Outcome:
    if letter.ref not in emails:
        return Outcome(id=letter.id, result="done", why="no_address")
    result = results.get(emails[letter.ref].key)
    if result is None:
        return Outcome(id=letter.id, result="retry", why="no_answer")
    return Outcome(id=letter.id, result=_OUTCOME[result.result], why=result.why)
