"""An officer's word: it ends what evidence has not ended, and makes good an end that was wrong."""

import datetime as dt

from citycard.infra.database import execute
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound, Refused
from citycard.kernel.ids import fact_key
from citycard.redemptions.hearing import hear, keep_evidence, lock
from citycard.redemptions.queries import session
from citycard.redemptions.returning import charge_again, give_back, left_in_ledger
from citycard.redemptions.values import Says, Session

SHORTEST_REASON = 4


class ReasonMissing(Refused):
    """Say why: the reason stays with the decision."""

    code = "redemptions.reason_missing"


class NotOpen(Refused):
    """This redemption is {state} already."""

    code = "redemptions.not_open"


def decide_by_officer(
    *, session_id: int, written: bool, reason: str, actor: Actor, now: dt.datetime
) -> Session:
    """End a session that evidence has not ended; of a contested one, confirm its end, or make it
    good: points that were taken for nothing go back, points that came back by mistake are taken
    again as far as they are there.

    :param written: whether the value was given
    :raises NotFound: there is no such session
    :raises ReasonMissing: an officer must say why
    :raises NotOpen: nothing is left to decide
    """
    found = _locked(session_id, reason)
    if found.state in ("writing", "disputed"):
        says: Says = "written" if written else "not_written"
        return hear(found, "officer", says, reason.strip(), None, actor, now)
    if found.state == "reserved" or not found.contested:
        raise NotOpen(state=found.state)
    return _rule(found, written, reason.strip(), actor, now)


def rule(*, session_id: int, written: bool, reason: str, actor: Actor, now: dt.datetime) -> Session:
    """Decide a session over which a difference was found, whether or not it was contested; see
    ``decide_by_officer``.
    """
    found = _locked(session_id, reason)
    if found.state in ("writing", "disputed"):
        return decide_by_officer(
            session_id=session_id, written=written, reason=reason, actor=actor, now=now
        )
    if found.state == "reserved":
        raise NotOpen(state=found.state)
    return _rule(found, written, reason.strip(), actor, now)


def _locked(session_id: int, reason: str) -> Session:
    require_unit_of_work()
    if len(reason.strip()) < SHORTEST_REASON:
        raise ReasonMissing()
    found = lock("id = %s", [session_id])
    if not found:
        raise NotFound(what="redemption")
    return found[0]


def _rule(found: Session, written: bool, reason: str, actor: Actor, now: dt.datetime) -> Session:
    """Confirm an end, or make it good; who did so, and why, stands with the evidence."""
    if found.ruled is not None and (found.ruled == "written") != written:
        raise NotOpen(state=found.state)
    says: Says = "written" if written else "not_written"
    keep_evidence(found, "officer", says, reason, None, actor, now)
    right = (found.state == "settled") == written
    if not right and found.ruled is None:
        _make_good(found, reason, actor, now)
    execute(
        "UPDATE redemptions_session SET contested_at = NULL, reason = %s, ruled = %s WHERE id = %s",
        [reason, None if right else says, found.id],
    )
    return session(session_id=found.id)


def _make_good(found: Session, reason: str, actor: Actor, now: dt.datetime) -> None:
    key = fact_key(found.reserved_at, "redemption.ruled", found.key)
    if found.state == "released":
        charge_again(found, key=key, reason=reason, actor=actor, now=now)
        return
    left = found.points - found.returned_points
    if left:
        before = max(0, left - left_in_ledger(found))
        give_back(
            found, points=left, back_before=before, key=key, reason=reason, actor=actor, now=now
        )
