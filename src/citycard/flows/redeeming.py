"""A redemption, from the card on the kiosk to the value on the card: one short step a function.

Each step is its own unit of work, committed before the kiosk hears of it, and may be asked again
under the same key. The kiosk touches the card only after ``begin_writing`` has answered; what it
reports afterwards, or what the card says when it is next presented, ends the session (see
``redemptions``).
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import structlog

from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.infra import failpoints
from citycard.infra.database import is_unreachable
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.people import api as people
from citycard.redemptions import api as redemptions

log = structlog.get_logger(__name__)


class CardUnknown(Refused):
    """The city does not know this card."""

    code = "redeeming.card_unknown"


class CardNotBound(Refused):
    """This card belongs to nobody yet."""

    code = "redeeming.card_not_bound"


class CardOutOfUse(Refused):
    """This card is out of use."""

    code = "redeeming.card_out_of_use"


@dataclass(frozen=True, kw_only=True)
class CardNumber:
    """A card by one of its numbers."""

    issuer: str
    number_kind: str
    number: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class CardOnKiosk(CardNumber):
    """A card that lies on a kiosk, and what it says about itself."""

    reading: redemptions.CardReading


@dataclass(frozen=True, kw_only=True)
class Presented:
    """What a kiosk shows for a card.

    :ivar ended: redemptions that hung and that this presentation has ended or disputed
    """

    view: redemptions.KioskView
    ended: tuple[redemptions.Session, ...]


def present(*, device: agencies.GateDevice, card: CardOnKiosk, now: dt.datetime) -> Presented:
    """Take a card that was put on a kiosk: hear what it proves about the past, then tell what it
    may get.

    :raises CardUnknown, CardNotBound, CardOutOfUse: the card gets nothing here
    :raises redemptions.MediumNotWritten: this kiosk has no writer for it
    """
    found = _find(card)
    with unit_of_work():
        redemptions.expire_reserved(now=now, card_id=found.card_id)
        ended = redemptions.present_card(
            card_id=found.card_id, reading=card.reading, actor=_actor(device), now=now
        )
        failpoints.reach("redeem.present.before_commit")
    failpoints.reach("redeem.present.after_commit")
    member_id = _usable(found, device)
    view = redemptions.look(
        access=_own_points(device, member_id, now),
        card_id=found.card_id,
        member_id=member_id,
        medium=found.medium,
        purse=card.reading.purse,
        now=now,
    )
    return Presented(view=view, ended=tuple(ended))


def reserve(
    *,
    device: agencies.GateDevice,
    card: CardOnKiosk,
    key: uuid.UUID,
    points: int,
    now: dt.datetime,
) -> redemptions.Session:
    """Hold points for the card on a kiosk.

    :raises CardUnknown, CardNotBound, CardOutOfUse: the card gets nothing here
    :raises Refused: what ``redemptions.reserve`` refuses
    """
    found = _find(card)
    asked = redemptions.Reservation(
        key=key,
        kiosk=_kiosk(device),
        card_id=found.card_id,
        member_id=_usable(found, device),
        medium=found.medium,
        points=points,
        reading=card.reading,
    )
    with unit_of_work():
        redemptions.expire_reserved(now=now, card_id=found.card_id)
        session = redemptions.reserve(asked=asked, actor=_actor(device), now=now)
        failpoints.reach("redeem.reserve.before_commit")
    failpoints.reach("redeem.reserve.after_commit")
    return session


def begin_writing(
    *, device: agencies.GateDevice, key: uuid.UUID, now: dt.datetime
) -> redemptions.Session:
    """Let a kiosk touch the card; once this has answered, no clock ends the session.

    :raises redemptions.ReservationExpired: too late: the kiosk must not touch the card
    """
    with unit_of_work():
        session = redemptions.mark_writing(
            key=key, kiosk=_kiosk(device), actor=_actor(device), now=now
        )
        failpoints.reach("redeem.writing.before_commit")
    failpoints.reach("redeem.writing.after_commit")
    return session


def settle(
    *,
    device: agencies.GateDevice,
    key: uuid.UUID,
    reading: redemptions.CardReading,
    now: dt.datetime,
) -> redemptions.Session:
    """Take a kiosk's report that the card was written."""
    with unit_of_work():
        session = redemptions.settle(
            key=key, kiosk=_kiosk(device), reading=reading, actor=_actor(device), now=now
        )
        failpoints.reach("redeem.settle.before_commit")
    failpoints.reach("redeem.settle.after_commit")
    return session


def release(
    *,
    device: agencies.GateDevice,
    key: uuid.UUID,
    why: str,
    reading: redemptions.CardReading | None,
    now: dt.datetime,
) -> redemptions.Session:
    """Take a kiosk's report that the card was not written."""
    with unit_of_work():
        session = redemptions.release(
            key=key,
            kiosk=_kiosk(device),
            why=why,
            reading=reading,
            actor=_actor(device),
            now=now,
        )
        failpoints.reach("redeem.release.before_commit")
    failpoints.reach("redeem.release.after_commit")
    return session


def expire(now: dt.datetime) -> None:
    """Give back what was reserved and never written; run by the clock. One reservation that can't
    be given back is set aside for an operator; it holds up nobody else's points.
    """
    while True:
        try:
            with unit_of_work():
                ended = redemptions.expire_reserved(now=now)
                failpoints.reach("redeem.expire.before_commit")
        except Exception as broken:
            if is_unreachable(broken):
                raise
            log.exception("redemptions.expiring_failed")
            ended = redemptions.due_reservations(now=now)
            _expire_one_by_one(ended, now)
        if not ended:
            return


def _expire_one_by_one(due: Sequence[int], now: dt.datetime) -> None:
    stuck = []
    for session_id in due:
        try:
            with unit_of_work():
                redemptions.expire_one(session_id=session_id, now=now)
        except Exception as broken:
            if is_unreachable(broken):
                raise
            stuck.append(session_id)
    with unit_of_work():
        redemptions.set_aside(session_ids=stuck, now=now)


def redeem_to_account(
    *,
    member_id: int,
    kind: str,
    points: int,
    key: uuid.UUID,
    actor: Actor,
    now: dt.datetime,
) -> redemptions.Session:
    """Hold a person's points and tell a partner to credit their account; the same key again tells
    what became of the first time.

    :param kind: a conversion of the pack whose way is ``account``
    :raises redemptions.WayWrong: this kind is no account's
    :raises Refused: what ``redemptions.reserve`` refuses
    """
    asked = redemptions.Reservation(key=key, member_id=member_id, points=points, kind=kind)
    with unit_of_work():
        session = redemptions.send_to_account(asked=asked, actor=actor, now=now)
        failpoints.reach("redeem.account.before_commit")
    failpoints.reach("redeem.account.after_commit")
    return session


def kinds_for(*, member_id: int, actor: Actor, now: dt.datetime) -> list[redemptions.KindView]:
    """Tell a person what their points may become, and how much of each now.

    :param actor: the person
    """
    access = people.open_access(
        subject=member_id, fields=["points"], purpose="own-data", actor=actor, now=now
    )
    return redemptions.kinds_for(access=access, member_id=member_id, now=now)


def pay_at_till(
    *,
    device: agencies.GateDevice,
    card: CardNumber,
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
    found = _find(card)
    asked = redemptions.Reservation(
        key=key,
        member_id=_holder(found),
        points=points,
        kind=kind,
        medium=found.medium,
        kiosk=_kiosk(device),
        card_id=found.card_id,
    )
    with unit_of_work():
        session = redemptions.take_at_till(
            asked=asked, receipt=receipt, actor=_actor(device), now=now
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
            kiosk=_kiosk(device),
            refund_key=refund_key,
            points=points,
            why=why,
            actor=_actor(device),
            now=now,
        )


def _find(card: CardNumber) -> cards.CardFound:
    found = cards.find(issuer=card.issuer, number_kind=card.number_kind, number=card.number)
    if found is None:
        raise CardUnknown()
    return found


def _usable(found: cards.CardFound, device: agencies.GateDevice) -> int:
    """Return whose card it is, if points may be loaded onto it here."""
    member_id = _holder(found)
    kiosk = current_pack().table("kiosks")["kiosks"].get(device.place)
    if kiosk is not None and found.medium not in kiosk["writes"]:
        raise redemptions.MediumNotWritten(medium=found.medium)
    return member_id


def _holder(found: cards.CardFound) -> int:
    if found.state != "active":
        raise CardOutOfUse()
    if found.member_id is None:
        raise CardNotBound()
    return found.member_id


def _own_points(device: agencies.GateDevice, member_id: int, now: dt.datetime) -> Access:
    """Open the points of whoever put their card down: they look at what is their own."""
    holder = replace(_actor(device), member_id=member_id)
    return people.open_access(
        subject=member_id, fields=["points"], purpose="own-data", actor=holder, now=now
    )


def _kiosk(device: agencies.GateDevice) -> redemptions.Kiosk:
    return redemptions.Kiosk(
        device_id=device.device_id, code=device.code, place=device.place, agency=device.agency
    )


def _actor(device: agencies.GateDevice) -> Actor:
    return Actor(
        id=f"device:{device.code}",
        kind="device",
        roles=frozenset({"kiosk"}),
        agency=device.agency,
    )
