"""Delivering the codes: called by the outbox, outside any unit of work."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from django.utils.translation import gettext, override

from citycard.identity.email_login import CHALLENGE_CODE, CHALLENGE_EMAIL, TOPIC
from citycard.identity.ports import Email, EmailResult, EmailSender
from citycard.infra.crypto import unseal
from citycard.infra.database import execute, rows
from citycard.infra.outbox import Letter, Outcome, Topic
from citycard.infra.packs import current_pack
from citycard.infra.ports import use
from citycard.infra.unit_of_work import unit_of_work

Result = Literal["done", "retry", "failed"]
_RESULTS: dict[str, Result] = {"sent": "done", "later": "retry", "refused": "failed"}


def deliver_codes(letters: Sequence[Letter], now: dt.datetime) -> Iterable[Outcome]:
    """Send sign-in codes through the mail port; a code that has gone is kept as a hash only."""
    found = {
        one.id: one
        for one in rows(
            "SELECT id, email_sealed, code_sealed, language, expires_at"
            " FROM identity_email_challenge WHERE id = ANY(%s::bigint[])",
            [[letter.ref for letter in letters]],
        )
    }
    live = [letter for letter in letters if _is_live(found.get(letter.ref), now)]
    over = [Outcome(id=one.id, result="done", why="over") for one in letters if one not in live]
    if not live:
        return over
    emails = [_write(letter.key, found[letter.ref]) for letter in live]
    said = {one.key: one for one in use(EmailSender).send(emails)}
    outcomes = [_outcome(letter, said.get(letter.key), now) for letter in live]
    _forget(found, live, outcomes)
    return [*over, *outcomes]


def _outcome(letter: Letter, said: EmailResult | None, now: dt.datetime) -> Outcome:
    if said is None:
        return Outcome(id=letter.id, result="retry", why="not_tried", at=now, tried=False)
    return Outcome(id=letter.id, result=_RESULTS[said.result], why=said.why)


def _is_live(challenge: Any | None, now: dt.datetime) -> bool:
    return (
        challenge is not None and challenge.code_sealed is not None and challenge.expires_at > now
    )


def _write(key: str, challenge: Any) -> Email:
    code = unseal(CHALLENGE_CODE, challenge.code_sealed, row=challenge.id)
    with override(challenge.language):
        programme = current_pack().programme.in_(challenge.language)
        facts = {"programme": programme, "code": f"{code[:3]} {code[3:]}", "minutes": 10}
        subject = gettext("%(programme)s 登入驗證碼") % facts
        body = (
            gettext(
                "您的驗證碼是 %(code)s，%(minutes)s 分鐘內有效。\n\n"
                "請勿把驗證碼告訴任何人，市府人員也不會向您索取。\n"
                "如果不是您要登入，請略過這封信。"
            )
            % facts
        )
    to = unseal(CHALLENGE_EMAIL, challenge.email_sealed, row=challenge.id)
    return Email(key=key, to=to, subject=subject, body=body)


def _forget(found: dict[int, Any], live: Sequence[Letter], outcomes: Sequence[Outcome]) -> None:
    gone = [
        found[letter.ref].id
        for letter, outcome in zip(live, outcomes, strict=True)
        if outcome.result == "done"
    ]
    if gone:
        with unit_of_work():
            execute(
                "UPDATE identity_email_challenge SET code_sealed = NULL WHERE id ="
                " ANY(%s::bigint[])",
                [gone],
            )


EMAIL_CODES = Topic(name=TOPIC, deliver=deliver_codes)
"""The letters that carry codes; a row of ``flows/outgoing.py``."""
