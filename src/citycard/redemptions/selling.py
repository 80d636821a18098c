"""Paying with points at a till: taken at once for a purchase, under the till's own key."""

import datetime as dt

from citycard.infra.database import execute
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.redemptions.ending import begin
from citycard.redemptions.hearing import hear
from citycard.redemptions.queries import session
from citycard.redemptions.reserving import WayWrong, reserve, terms_of
from citycard.redemptions.values import Reservation, Session


def take_at_till(*, asked: Reservation, receipt: str, actor: Actor, now: dt.datetime) -> Session:
    """Take points for a purchase; asked again under the same key, tell what became of the first
    time. It goes the way of every redemption, in one step: the till that asks is the evidence.

    :param receipt: the till's own number of the purchase
    :raises WayWrong: this kind is not for tills
    :raises Refused: what ``reserve`` refuses
    """
    require_unit_of_work()
    if terms_of(asked.kind, now).way != "till" or asked.kiosk is None:
        raise WayWrong(kind=asked.kind)
    found = reserve(asked=asked, actor=actor, now=now)
    if found.state != "reserved":
        return found
    found = begin(found, now)
    execute("UPDATE redemptions_session SET receipt = %s WHERE id = %s", [receipt[:64], found.id])
    hear(found, "till", "written", f"purchase {receipt}"[:200], None, actor, now)
    return session(session_id=found.id)
