"""Hand messages to channels outside the city's pages: the deliverers of the outbox's letters."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from citycard.identity.ports import Email, EmailSender
from citycard.infra import ports
from citycard.infra.outbox import Letter, Outcome, Topic
from citycard.infra.packs import current_pack
from citycard.notify.carrying import addresses, key_of, messages_of, settle
from citycard.notify.ports import TextCarrier, TextMessage
from citycard.notify.telling import TOPIC_OF
from citycard.notify.texts import render_message


def send_emails(letters: Sequence[Letter], now: dt.datetime) -> list[Outcome]:
    """Send a batch of messages by e-mail; a resident without an address is told in the inbox alone.

    :raises PortUnavailable: the relay does not answer; the letters wait
    """
    found = messages_of(letters)
    if found:
        # While the relay is down nobody's address is opened for it, again and again.
        ports.use(EmailSender).check()
    known = addresses((row.member_id for row in found.values()), "email", now)
    emails = [_email(row, known[row.member_id]) for row in found.values() if known[row.member_id]]
    reached = [row.id for row in found.values() if known[row.member_id]]
    results = ports.use(EmailSender).send(emails) if emails else []
    return settle("email", letters, reached, results, now)


def send_texts(letters: Sequence[Letter], now: dt.datetime) -> list[Outcome]:
    """Send a batch of text messages; a resident without a number is told in the inbox alone.

    :raises PortUnavailable: the carrier does not answer; the letters wait
    """
    found = messages_of(letters)
    if found:
        ports.use(TextCarrier).check()
    known = addresses((row.member_id for row in found.values()), "phone", now)
    texts = [_text(row, known[row.member_id]) for row in found.values() if known[row.member_id]]
    reached = [row.id for row in found.values() if known[row.member_id]]
    results = ports.use(TextCarrier).send(texts) if texts else []
    return settle("sms", letters, reached, results, now)


EMAILS = Topic(name=TOPIC_OF["email"], deliver=send_emails)
TEXTS = Topic(name=TOPIC_OF["sms"], deliver=send_texts)


def _email(message: Any, address: str) -> Email:
    """Write one e-mail, Chinese first and English under it: nobody has to choose a language."""
    params = json.loads(message.params)
    zh, en = (
        render_message(code=message.code, params=params, language=language)
        for language in ("zh-Hant", "en")
    )
    return Email(
        key=key_of(message.id),
        to=address,
        subject=f"{zh.title} {en.title}",
        body=f"{zh.body}\n\n{en.body}\n",
    )


def _text(message: Any, number: str) -> TextMessage:
    """Write one text message: Chinese alone, each begun seventy characters are paid for."""
    zh = render_message(code=message.code, params=json.loads(message.params), language="zh-Hant")
    programme = current_pack().table("pack")["programme"]["zh-Hant"]
    return TextMessage(key=key_of(message.id), to=number, body=f"【{programme}】{zh.body}")
