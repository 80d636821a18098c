"""The end of a dispute: explained, corrected by something that was posted, or withdrawn."""

import datetime as dt

from citycard.disputes import events, states
from citycard.disputes.queries import one
from citycard.disputes.values import Dispute
from citycard.infra.database import execute
from citycard.infra.journal import announce
from citycard.infra.packs import Text
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound, Refused

LONGEST_WHY = 300


class DisputeEnded(Refused):
    """This dispute is {state} already."""

    code = "disputes.dispute_ended"


class WhyMissing(Refused):
    """Please say why in both languages, in up to {most} characters each."""

    code = "disputes.why_missing"


class OwnDispute(Refused):
    """Nobody answers their own dispute."""

    code = "disputes.own_dispute"
    http_status = 403


def lock(*, dispute_id: int) -> Dispute:
    """Return an open dispute, held until the unit of work ends.

    :raises NotFound: there is none of this number
    :raises DisputeEnded: it was answered or withdrawn
    """
    require_unit_of_work()
    execute("SELECT 1 FROM disputes_dispute WHERE id = %s FOR UPDATE", [dispute_id])
    found = one(dispute_id)
    if not found.is_open:
        raise DisputeEnded(state=found.state)
    return found


def explain(*, dispute_id: int, why: Text, actor: Actor, now: dt.datetime) -> Dispute:
    """End a dispute: it is correct as it is. Announces ``disputes.dispute.ended``.

    :param why: what the resident is told
    :raises NotFound: there is none of this number
    :raises DisputeEnded: it was answered or withdrawn
    :raises WhyMissing: a language is missing, or it is too long
    :raises OwnDispute: the actor is whose dispute it is
    """
    return _end(dispute_id, states.EXPLAINED, why, "", 0, actor, now)


def correct(
    *,
    dispute_id: int,
    why: Text,
    correction: str,
    amount: int,
    actor: Actor,
    now: dt.datetime,
) -> Dispute:
    """End a dispute with what was posted for it. Announces ``disputes.dispute.ended``.

    :param correction: ``refund-run:<number>`` or ``move:<key>``
    :raises NotFound: there is none of this number
    :raises DisputeEnded: it was answered or withdrawn
    :raises WhyMissing: a language is missing, or it is too long
    :raises OwnDispute: the actor is whose dispute it is
    """
    return _end(dispute_id, states.CORRECTED, why, correction, amount, actor, now)


def withdraw(*, dispute_id: int, member_id: int, actor: Actor, now: dt.datetime) -> Dispute:
    """Take back one's own dispute. Announces ``disputes.dispute.ended``.

    :raises NotFound: this member has none of this number
    :raises DisputeEnded: it was answered or withdrawn
    """
    if lock(dispute_id=dispute_id).member_id != member_id:
        raise NotFound(what="dispute")
    return _write(dispute_id, states.WITHDRAWN, Text(zh="", en=""), "", 0, actor, now)


def check_why(*, why: Text) -> None:
    """Stop an answer that a resident could not read.

    :raises WhyMissing: a language is missing, or it is too long
    """
    if not all(said.strip() and len(said) <= LONGEST_WHY for said in (why.zh, why.en)):
        raise WhyMissing(most=LONGEST_WHY)


def _end(
    dispute_id: int, state: str, why: Text, correction: str, amount: int, actor: Actor,
    now: dt.datetime,
) -> Dispute:  # fmt: skip
    found = lock(dispute_id=dispute_id)
    check_why(why=why)
    if actor.member_id == found.member_id:
        raise OwnDispute()
    return _write(dispute_id, state, why, correction, amount, actor, now)


def _write(
    dispute_id: int, state: str, why: Text, correction: str, amount: int, actor: Actor,
    now: dt.datetime,
) -> Dispute:  # fmt: skip
    execute(
        "UPDATE disputes_dispute SET state = %s, ended_at = %s, ended_by = %s, why_zh = %s,"
        " why_en = %s, correction = %s, amount = %s WHERE id = %s",
        [state, now, actor.id, why.zh.strip(), why.en.strip(), correction, amount, dispute_id],
    )
    announce(events.DisputeEnded(dispute_id=dispute_id, state=state))
    return one(dispute_id)
