"""A redemption, from the card on the kiosk to the value on the card: one short step a function.

Each step is its own unit of work, committed before the kiosk hears of it, and may be asked again
under the same key. The kiosk touches the card only after ``begin_writing`` has answered; what it
reports afterwards, or what the card says when it is next presented, ends the session (see
``redemptions``).
"""

import datetime as dt
import uuid
from dataclasses import dataclass, field, replace

from citycard.activities import api as activities
from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.infra import failpoints
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.people import api as people
from citycard.redemptions import api as redemptions


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
    found = find_card(card)
    with unit_of_work():
        redemptions.expire_reserved(now=now, card_id=found.card_id)
        ended = redemptions.present_card(
            card_id=found.card_id, reading=card.reading, actor=device_actor(device), now=now
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
    :raises activities.RedeemingStopped: its holder moved out, and the pack stops it
    :raises Refused: what ``redemptions.reserve`` refuses
    """
    found = find_card(card)
    asked = redemptions.Reservation(
        key=key,
        kiosk=machine_of(device),
        card_id=found.card_id,
        member_id=_usable(found, device),
        medium=found.medium,
        points=points,
        reading=card.reading,
    )
    with unit_of_work():
        activities.check_may_redeem(member_id=asked.member_id, now=now)
        redemptions.expire_reserved(now=now, card_id=found.card_id)
        session = redemptions.reserve(asked=asked, actor=device_actor(device), now=now)
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
            key=key, kiosk=machine_of(device), actor=device_actor(device), now=now
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
            key=key, kiosk=machine_of(device), reading=reading, actor=device_actor(device), now=now
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
            kiosk=machine_of(device),
            why=why,
            reading=reading,
            actor=device_actor(device),
            now=now,
        )
        failpoints.reach("redeem.release.before_commit")
    failpoints.reach("redeem.release.after_commit")
    return session


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
    known = redemptions.same_before(key=key, points=points, kind=kind, member_id=member_id)
    if known is not None:  # it was sent: that the person moved out since changes nothing
        return known
    asked = redemptions.Reservation(key=key, member_id=member_id, points=points, kind=kind)
    with unit_of_work():
        activities.check_may_redeem(member_id=member_id, now=now)
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


def find_card(card: CardNumber) -> cards.CardFound:
    """Return the card with a number.

    :raises CardUnknown: the city does not know it
    """
    found = cards.find(issuer=card.issuer, number_kind=card.number_kind, number=card.number)
    if found is None:
        raise CardUnknown()
    return found


def _usable(found: cards.CardFound, device: agencies.GateDevice) -> int:
    """Return whose card it is, if points may be loaded onto it here."""
    member_id = holder_of(found)
    kiosk = current_pack().table("kiosks")["kiosks"].get(device.place)
    if kiosk is not None and found.medium not in kiosk["writes"]:
        raise redemptions.MediumNotWritten(medium=found.medium)
    return member_id


def holder_of(found: cards.CardFound) -> int:
    """Return whose card it is.

    :raises CardOutOfUse, CardNotBound: it is of no use to anybody
    """
    if found.state != "active":
        raise CardOutOfUse()
    if found.member_id is None:
        raise CardNotBound()
    return found.member_id


def _own_points(device: agencies.GateDevice, member_id: int, now: dt.datetime) -> Access:
    """Open the points of whoever put their card down: they look at what is their own."""
    holder = replace(device_actor(device), member_id=member_id)
    return people.open_access(
        subject=member_id, fields=["points"], purpose="own-data", actor=holder, now=now
    )


def machine_of(device: agencies.GateDevice) -> redemptions.Kiosk:
    """Return a device as redemptions name it."""
    return redemptions.Kiosk(
        device_id=device.device_id, code=device.code, place=device.place, agency=device.agency
    )


def device_actor(device: agencies.GateDevice) -> Actor:
    """Return a device as the one who does something."""
    return Actor(
        id=f"device:{device.code}",
        kind="device",
        roles=frozenset({device.kind}),
        agency=device.agency,
    )
