"""Redeeming into an account at a partner: the partner is told by letter, and ends it by its answer.

From the moment the letter is written the partner may have credited the account, so the session is
*writing*: no clock ends it.
"""

import datetime as dt
import uuid

from citycard.infra import outbox
from citycard.infra.crypto import blind
from citycard.infra.database import execute
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound
from citycard.redemptions.ending import begin
from citycard.redemptions.hearing import hear, lock
from citycard.redemptions.queries import sessions_where
from citycard.redemptions.reserving import WayWrong, reserve, terms_of
from citycard.redemptions.values import Reservation, Says, Session, Source

CREDITS = "redemptions.credit"
"""The topic of letters to partners that credit accounts; ``ref`` is the session's number."""


def send_to_account(*, asked: Reservation, actor: Actor, now: dt.datetime) -> Session:
    """Hold points and tell the partner to credit the person's account; asked again under the same
    key, tell what became of the first time.

    :raises WayWrong: this kind is no account's
    :raises Refused: what ``reserve`` refuses
    """
    require_unit_of_work()
    if terms_of(asked.kind, now).way != "account":
        raise WayWrong(kind=asked.kind)
    found = reserve(asked=asked, actor=actor, now=now)
    if found.state == "reserved":
        found = begin(found, now)
        outbox.enqueue(topic=CREDITS, letters=[(str(found.key), found.id)], now=now)
    return found


def acknowledge(
    *,
    key: uuid.UUID,
    credited: bool,
    receipt: str,
    why: str,
    source: Source,
    actor: Actor,
    now: dt.datetime,
) -> Session:
    """Take a partner's answer to a credit; heard again, it changes nothing.

    :param receipt: the partner's own reference
    :param why: its reason, when it did not credit
    :param source: ``partner`` (its answer) or ``file`` (its list of a day)
    :raises NotFound: no such session
    """
    require_unit_of_work()
    found = lock("key = %s AND way = 'account'", [key])
    if not found:
        raise NotFound(what="redemption")
    says: Says = "written" if credited else "not_written"
    if receipt:
        execute(
            "UPDATE redemptions_session SET receipt = %s WHERE id = %s", [receipt[:64], found[0].id]
        )
    return hear(found[0], source, says, why or f"receipt {receipt}", None, actor, now)


def account_key(*, partner: str, member_id: int) -> str:
    """Return the name by which one partner, and no other, knows a person's account."""
    return blind(f"redemptions.account.{partner}", str(member_id)).hex()[:32]


def credits_to_send(*, session_ids: list[int]) -> list[Session]:
    """Return sessions whose partner is still to be told, or to be asked again."""
    return sessions_where(
        "id = ANY(%s::bigint[]) AND way = 'account' AND state IN ('writing', 'disputed')",
        session_ids,
    )


def credits_without_answer(*, before: dt.datetime, limit: int = 500) -> list[Session]:
    """Return credits whose partner has not answered since before an instant, oldest first."""
    return sessions_where(
        "way = 'account' AND state = 'writing' AND writing_at < %s ORDER BY writing_at LIMIT %s",
        before,
        limit,
    )
