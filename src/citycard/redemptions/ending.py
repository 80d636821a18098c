"""How a session goes on and ends: by the clock while reserved, by evidence alone once writing."""

import datetime as dt
import uuid

from citycard.infra.database import execute
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound, Refused
from citycard.redemptions.deciding import judge
from citycard.redemptions.hearing import hear, keep_evidence, lock, lock_key
from citycard.redemptions.queries import session
from citycard.redemptions.states import State
from citycard.redemptions.values import CardReading, Kiosk, Says, Session


class ReservationExpired(Refused):
    """The reservation has run out; nothing was written and the points are back."""

    code = "redemptions.reservation_expired"


class NotWriting(Refused):
    """This redemption is {state}; that can't be reported for it."""

    code = "redemptions.not_writing"


class ReasonMissing(Refused):
    """Say why: the reason stays with the decision."""

    code = "redemptions.reason_missing"


class NotOpen(Refused):
    """This redemption is {state} already."""

    code = "redemptions.not_open"


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
    for found in lock("card_id = %s AND state = 'writing'", [card_id]):
        says, why = judge(found, reading)
        heard.append(hear(found, "presentation", says, why, reading, actor, now))
    return heard


def decide_by_officer(
    *, session_id: int, written: bool, reason: str, actor: Actor, now: dt.datetime
) -> Session:
    """End a session that evidence has not ended, or confirm the end of a contested one, with a
    reason.

    :raises NotFound: there is no such session
    :raises ReasonMissing: an officer must say why
    :raises NotOpen: nothing is left to decide
    """
    require_unit_of_work()
    if len(reason.strip()) < 4:
        raise ReasonMissing()
    found = lock("id = %s", [session_id])
    if not found:
        raise NotFound(what="redemption")
    says: Says = "written" if written else "not_written"
    wanted: State = "settled" if written else "released"
    if found[0].contested and found[0].state == wanted:
        # Who confirmed, and why, stands with the rest: the session's own reason is only the newest.
        keep_evidence(found[0], "officer", says, reason.strip(), None, actor, now)
        execute(
            "UPDATE redemptions_session SET contested_at = NULL, reason = %s WHERE id = %s",
            [reason.strip(), session_id],
        )
        return session(session_id=session_id)
    if found[0].state not in ("writing", "disputed"):
        raise NotOpen(state=found[0].state)
    return hear(found[0], "officer", says, reason.strip(), None, actor, now)
