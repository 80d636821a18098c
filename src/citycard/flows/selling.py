"""Paying with points at a till, and points of a purchase back."""

import datetime as dt
import uuid

from citycard.activities import api as activities
from citycard.agencies import api as agencies
from citycard.flows import redeeming
from citycard.infra import failpoints
from citycard.infra.unit_of_work import unit_of_work
from citycard.redemptions import api as redemptions


def pay_at_till(
    *,
    device: agencies.GateDevice,
    card: redeeming.CardNumber,
    kind: str,
    points: int,
    key: uuid.UUID,
    receipt: str,
    now: dt.datetime,
) -> redemptions.Session:
    """Take points of the card's holder for a purchase, at once; the same key again tells what
    became of the first time.

    :param receipt: the till's own number of the purchase
    :raises CardUnknown, CardNotBound, CardOutOfUse: nobody's points can be taken
    :raises Refused: what ``redemptions.reserve`` refuses
    """
    found = redeeming.find_card(card)
    known = redemptions.same_before(
        key=key, points=points, kind=kind, device_id=device.device_id, card_id=found.card_id
    )
    if known is not None:  # it was charged: what became of card and holder since changes nothing
        return known
    asked = redemptions.Reservation(
        key=key,
        member_id=redeeming.holder_of(found),
        points=points,
        kind=kind,
        medium=found.medium,
        kiosk=redeeming.machine_of(device),
        card_id=found.card_id,
    )
    with unit_of_work():
        activities.check_may_redeem(member_id=asked.member_id, now=now)
        session = redemptions.take_at_till(
            asked=asked, receipt=receipt, actor=redeeming.device_actor(device), now=now
        )
        failpoints.reach("redeem.till.before_commit")
    failpoints.reach("redeem.till.after_commit")
    return session


def refund_at_till(
    *,
    device: agencies.GateDevice,
    key: uuid.UUID,
    refund_key: uuid.UUID,
    points: int,
    why: str,
    now: dt.datetime,
) -> redemptions.Session:
    """Give points of a purchase back, in whole or in part.

    :raises redemptions.NotReturnable: not so many are left of it
    """
    with unit_of_work():
        return redemptions.refund(
            key=key,
            kiosk=redeeming.machine_of(device),
            refund_key=refund_key,
            points=points,
            why=why,
            actor=redeeming.device_actor(device),
            now=now,
        )
