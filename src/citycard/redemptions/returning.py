"""Making good after the end: points go back, or are taken again from whoever has the value.

Nothing is rewritten: a correction is a move of its own beside the first one.
"""

import datetime as dt
import uuid

from citycard.infra.database import execute, scalar
from citycard.infra.journal import announce
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from citycard.redemptions import prefunding
from citycard.redemptions.events import PointsCharged, PointsReturned
from citycard.redemptions.hearing import lock_key, told
from citycard.redemptions.queries import session
from citycard.redemptions.values import Kiosk, Session


class NotReturnable(Refused):
    """Of this redemption {left} points can still go back."""

    code = "redemptions.not_returnable"


def refund(
    *,
    key: uuid.UUID,
    kiosk: Kiosk,
    refund_key: uuid.UUID,
    points: int,
    why: str,
    actor: Actor,
    now: dt.datetime,
) -> Session:
    """Give points of a purchase back, in whole or in part; the same refund again changes nothing.

    :param key: the purchase's own
    :param refund_key: the refund's own, chosen by the till before it asks
    :raises NotFound: no such purchase of this till
    :raises NotReturnable: not so many points are left of it, or it was no purchase
    """
    require_unit_of_work()
    found = lock_key(key, kiosk)
    if found.way != "till":
        raise NotReturnable(left=0)
    return give_back(found, points=points, key=refund_key, reason=why, actor=actor, now=now)


def give_back(
    found: Session,
    *,
    points: int,
    back_before: int = 0,
    key: uuid.UUID,
    reason: str,
    actor: Actor,
    now: dt.datetime,
) -> Session:
    """Give points of a settled redemption back to the lots that they came from, and the dollars
    into the deposit that paid for it.

    :param found: the session, locked
    :param back_before: so many of the points the person has back already, by a refund run
    :param key: makes it once
    :raises NotReturnable: not so many are left
    """
    if _known(key, found):
        return session(session_id=found.id)
    left = found.points - found.returned_points if found.state == "settled" else 0
    ntd, rest = divmod(points * found.ntd, found.points) if type(points) is int else (0, 1)
    if rest or not 0 < points <= left:
        raise NotReturnable(left=left)
    if points > back_before:
        _reverse(found, points - back_before, key, actor, now)
    prefunding.put_back(found, ntd=ntd, key=key, actor=actor, now=now)
    execute(
        "UPDATE redemptions_session SET returned_points = returned_points + %s WHERE id = %s",
        [points, found.id],
    )
    _keep(found, "returned", key, points, ntd, 0, reason, actor, now)
    if points > back_before:
        back = points - back_before
        announce(PointsReturned(**told(found) | {"points": back, "ntd": ntd * back // points}))
    return session(session_id=found.id)


def left_in_ledger(found: Session) -> int:
    """Return how many points of a settled session nothing has given back yet, refund runs
    included.
    """
    left = scalar(
        "SELECT (amount - reversed)::bigint FROM pub.ledger_reversed WHERE key = %s",
        [found.end_key],
    )
    return found.points if left is None else int(left)


def charge_again(
    found: Session, *, key: uuid.UUID, reason: str, actor: Actor, now: dt.datetime
) -> int:
    """Take the points of a released redemption again, since its value was given after all.

    What the person has no longer is the city's loss: nobody goes below zero for our mistake.

    :param found: the session, locked
    :returns: how many points the city bears
    """
    if _known(key, found):
        return 0
    on = current_pack().time.day(now)
    there = ledger.balances(holders=[found.member_id], unit=found.unit, on=on, access=None)
    taken = min(found.points, there[found.member_id].available)
    lost = found.points - taken
    if taken:
        _spend(found, taken, key, actor, now)
    if lost:
        _bear(found, lost, key, actor, now)
    prefunding.draw_down(found, ntd=found.ntd, key=key, actor=actor, now=now)
    _keep(found, "charged", key, found.points, found.ntd, lost, reason, actor, now)
    announce(PointsCharged(**told(found) | {"points": taken}))
    return lost


def _reverse(found: Session, points: int, key: uuid.UUID, actor: Actor, now: dt.datetime) -> None:
    assert found.end_key is not None, "a settled session has an end"
    reversal = ledger.Reversal(
        key=fact_key(now, "redemption.returned", key),
        of=found.end_key,
        kind="redemption.returned",
        at=now,
        amount=points,
        grace_until=ledger.grace_until(unit=found.unit, on=current_pack().time.day(now)),
        ref=f"redemption:{found.id}",
    )
    (posted,) = ledger.reverse_many(reversals=[reversal], actor=actor, now=now)
    if posted.refusal:
        raise posted.refusal


def _spend(found: Session, points: int, key: uuid.UUID, actor: Actor, now: dt.datetime) -> None:
    spend = ledger.Spend(
        key=fact_key(now, "redemption.charged", key),
        kind="redemption.charged",
        at=now,
        holder=found.member_id,
        unit=found.unit,
        amount=points,
        into=ledger.partner(code=found.partner, unit=found.unit),
        ref=f"redemption:{found.id}",
    )
    (posted,) = ledger.spend_many(spends=[spend], actor=actor, now=now)
    if posted.refusal:
        raise posted.refusal


def _bear(found: Session, points: int, key: uuid.UUID, actor: Actor, now: dt.datetime) -> None:
    transfer = ledger.Transfer(
        source=ledger.loss(unit=found.unit, code=f"kiosk:{found.terminal}"),
        target=ledger.partner(code=found.partner, unit=found.unit),
        amount=points,
    )
    move = ledger.Move(
        key=fact_key(now, "redemption.lost", key),
        kind="redemption.lost",
        at=now,
        transfers=[transfer],
        ref=f"redemption:{found.id}",
    )
    (posted,) = ledger.move_many(moves=[move], actor=actor, now=now)
    if posted.refusal:
        raise posted.refusal


def _known(key: uuid.UUID, found: Session) -> bool:
    """Tell whether this correction was made before.

    :raises NotReturnable: the key stands for another session's
    """
    known = scalar("SELECT session_id FROM redemptions_correction WHERE key = %s", [key])
    if known is not None and known != found.id:
        raise NotReturnable(left=0)
    return known is not None


def _keep(
    found: Session,
    kind: str,
    key: uuid.UUID,
    points: int,
    ntd: int,
    lost: int,
    reason: str,
    actor: Actor,
    now: dt.datetime,
) -> None:
    execute(
        """
        INSERT INTO redemptions_correction (key, session_id, kind, points, ntd, lost_points, reason,
                                            actor, at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [key, found.id, kind, points, ntd, lost, reason, actor.id, now],
    )
