"""How a session goes on and ends: by the clock while reserved, by evidence alone once writing."""

import datetime as dt
import uuid

from citycard.infra.database import execute
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.redemptions.deciding import judge
from citycard.redemptions.hearing import hear, lock, lock_key
from citycard.redemptions.queries import session
from citycard.redemptions.values import CardReading, Kiosk, Says, Session


class ReservationExpired(Refused):
    """The reservation has run out; nothing was written and the points are back."""

    code = "redemptions.reservation_expired"


class NotWriting(Refused):
    """This redemption is {state}; that can't be reported for it."""

    code = "redemptions.not_writing"


def mark_writing(*, key: uuid.UUID, kiosk: Kiosk, actor: Actor, now: dt.datetime) -> Session:
    """Let the kiosk touch the card; from here on no clock ends the session. Again changes nothing.

    :raises NotFound: no such session of this kiosk
    :raises ReservationExpired: it had run out
    """
    require_unit_of_work()
    found = lock_key(key, kiosk)
    if found.state == "writing":
        return found
    if found.state != "reserved" or found.expires_at <= now:
        raise ReservationExpired()
    return begin(found, now)


def begin(found: Session, now: dt.datetime) -> Session:
    """Note that the value may be given from now on, whoever gives it."""
    execute(
        "UPDATE redemptions_session SET state = 'writing', writing_at = %s WHERE id = %s",
        [now, found.id],
    )
    return session(session_id=found.id)


def settle(
    *, key: uuid.UUID, kiosk: Kiosk, reading: CardReading, actor: Actor, now: dt.datetime
) -> Session:
    """Take the kiosk's report that the card was written, with what the card said afterwards.

    What doesn't fit is disputed. After a release it is kept as evidence and the session contested.

    :raises NotFound: no such session of this kiosk
    :raises NotWriting: the kiosk was never told to touch the card
    """
    require_unit_of_work()
    found = lock_key(key, kiosk)
    if found.state == "reserved":
        raise NotWriting(state=found.state)
    says, why = judge(found, reading)
    says = says if says == "written" else "unclear"
    return hear(found, "agent", says, f"written: {why}", reading, actor, now)


def release(
    *,
    key: uuid.UUID,
    kiosk: Kiosk,
    why: str,
    reading: CardReading | None,
    actor: Actor,
    now: dt.datetime,
) -> Session:
    """Take the kiosk's report that the card was not written: its journal says that it never
    touched it, or the card itself, still there, says so.

    :param reading: what the card says; None when the journal alone says that it was not touched
    :raises NotFound: no such session of this kiosk
    """
    require_unit_of_work()
    found = lock_key(key, kiosk)
    says: Says = "not_written"
    if reading is not None and found.state != "reserved":
        says, _ = judge(found, reading)
        says = says if says == "not_written" else "unclear"
    return hear(found, "agent", says, f"not written: {why}", reading, actor, now)


def present_card(
    *, card_id: int, reading: CardReading, actor: Actor, now: dt.datetime
) -> list[Session]:
    """Hear what a card says at its next presentation, anywhere, about sessions that still hang.

    :returns: the sessions that this ended or disputed
    """
    require_unit_of_work()
    heard = []
    for found in lock("way = 'card' AND card_id = %s AND state = 'writing'", [card_id]):
        says, why = judge(found, reading)
        heard.append(hear(found, "presentation", says, why, reading, actor, now))
    return heard
