"""Credits to accounts at partners: told by letter, ended by the partner's answer or its list."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Literal

from citycard.infra import failpoints, ports
from citycard.infra.outbox import Letter, Outcome, Topic
from citycard.infra.packs import current_pack
from citycard.infra.ports import PortUnavailable
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.redemptions import api as redemptions

UNANSWERED = dt.timedelta(hours=20)
DAYS_ASKED = 3


def deliver(letters: Sequence[Letter], now: dt.datetime) -> list[Outcome]:
    """Tell partners what to credit, and take their answers; who is left out is asked again."""
    waiting = redemptions.credits_to_send(session_ids=[letter.ref for letter in letters])
    orders = [_credit(session) for session in waiting]
    failpoints.reach("redeem.credit.before_call")
    answers = ports.use(redemptions.AccountPartner).credit(orders) if orders else []
    failpoints.reach("redeem.credit.after_call")
    answered = {answer.key: answer for answer in answers}
    with unit_of_work():
        for session in waiting:
            if str(session.key) in answered:
                _take(answered[str(session.key)], "partner", now)
        failpoints.reach("redeem.credit.before_commit")
    asked = {str(session.key) for session in waiting}
    return [_outcome(letter, asked, answered) for letter in letters]


def ask_for_lists(now: dt.datetime) -> None:
    """Ask partners for their own lists, where a credit has had no answer; run by the clock."""
    hanging = redemptions.credits_without_answer(before=now - UNANSWERED)
    for partner in sorted({session.partner for session in hanging}):
        keys = {str(session.key) for session in hanging if session.partner == partner}
        try:
            told = _lists(partner, current_pack().time.day(now))
        except PortUnavailable:
            return  # the next run asks again; the port's own page says that it is down
        with unit_of_work():
            for answer in told:
                if answer.key in keys:
                    _take(answer, "file", now)


def _lists(partner: str, today: dt.date) -> list[redemptions.CreditAnswer]:
    port = ports.use(redemptions.AccountPartner)
    days = [today - dt.timedelta(days=n) for n in range(DAYS_ASKED)]
    return [answer for day in days for answer in port.answers_of(partner, day)]


def _credit(session: redemptions.Session) -> redemptions.Credit:
    return redemptions.Credit(
        key=str(session.key),
        partner=session.partner,
        account=redemptions.account_key(partner=session.partner, member_id=session.member_id),
        kind=session.kind,
        ntd=session.ntd,
    )


def _take(
    answer: redemptions.CreditAnswer, source: Literal["partner", "file"], now: dt.datetime
) -> None:
    redemptions.acknowledge(
        key=uuid.UUID(answer.key),
        credited=answer.result == "credited",
        receipt=answer.receipt,
        why=answer.why,
        source=source,
        actor=SYSTEM,
        now=now,
    )


def _outcome(
    letter: Letter, asked: set[str], answered: Mapping[str, redemptions.CreditAnswer]
) -> Outcome:
    if letter.key in asked and letter.key not in answered:
        return Outcome(id=letter.id, result="retry", why="not decided yet")
    return Outcome(id=letter.id, result="done")


LETTER = Topic(name=redemptions.CREDITS, deliver=deliver, most_attempts=None)
