"""One member gives minutes to another: an explicit move, seen in both histories."""

import datetime as dt
import uuid

from citycard.activities.volunteering_rule import time_bank
from citycard.activities.volunteering_values import HoursGift
from citycard.infra.database import row
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger


class GivingNotAllowed(Refused):
    """In this city hours are not given to others."""

    code = "activities.giving_not_allowed"


class GivenToOneself(Refused):
    """Choose somebody else: these hours are yours already."""

    code = "activities.given_to_oneself"


class MinutesWrong(Refused):
    """Choose at least one minute, in whole minutes."""

    code = "activities.minutes_wrong"


def give_hours(
    *,
    giver_id: int,
    receiver_id: int,
    minutes: int,
    key: uuid.UUID,
    actor: Actor,
    now: dt.datetime,
) -> HoursGift:
    """Give minutes of one member to another; each lot keeps its fund and its last day.

    :param key: names the click: asked again, it tells of the gift that was made
    :raises GivingNotAllowed: the pack doesn't let members give
    :raises GivenToOneself, MinutesWrong: nothing to give
    :raises ledger.NotEnoughPoints: the giver has less
    :raises NoTimeBank: this city counts no volunteers' hours
    """
    require_unit_of_work()
    if not time_bank().members_may_give:
        raise GivingNotAllowed()
    if giver_id == receiver_id:
        raise GivenToOneself()
    if type(minutes) is not int or minutes <= 0:
        raise MinutesWrong()
    known = gift_by_key(key)
    if known is not None:
        return known
    gift = _insert(giver_id, receiver_id, minutes, key, now)
    if gift is not None:
        _move(gift, actor, now)
        return gift
    known = gift_by_key(key)
    assert known is not None, "the same click, twice at once"
    return known


def gift_by_key(key: uuid.UUID) -> HoursGift | None:
    """Return the gift of a click, or None."""
    found = row(
        "SELECT id, giver_id, receiver_id, minutes, at FROM activities_volunteer_gift"
        " WHERE key = %s",
        [key],
    )
    return HoursGift(**found._asdict()) if found else None


def _insert(
    giver_id: int, receiver_id: int, minutes: int, key: uuid.UUID, now: dt.datetime
) -> HoursGift | None:
    made = row(
        """
        INSERT INTO activities_volunteer_gift (key, giver_id, receiver_id, minutes, at)
        VALUES (%s, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING
        RETURNING id, giver_id, receiver_id, minutes, at
        """,
        [key, giver_id, receiver_id, minutes, now],
    )
    return HoursGift(**made._asdict()) if made else None


def _move(gift: HoursGift, actor: Actor, now: dt.datetime) -> None:
    unit, on = time_bank().unit, current_pack().time.day(now)
    lots = ledger.balances(holders=[gift.giver_id], unit=unit, on=on, access=None)
    transfers = _transfers(gift, lots[gift.giver_id], unit)
    move = ledger.Move(
        key=fact_key(gift.at, "volunteer.given", gift.id),
        kind="volunteer.given",
        at=gift.at,
        transfers=transfers,
        ref=f"gift:{gift.id}",
    )
    # A lot that somebody else spends at this moment makes the ledger refuse the whole move.
    (posted,) = ledger.move_many(moves=[move], actor=actor, now=now)
    if posted.refusal:
        raise posted.refusal


def _transfers(gift: HoursGift, has: ledger.Balance, unit: str) -> list[ledger.Transfer]:
    """Take lots in the order in which they are spent; each goes over as it is."""
    if has.available < gift.minutes:
        raise ledger.NotEnoughPoints(balance=has.available, wanted=gift.minutes, unit=unit)
    transfers, wanted = [], gift.minutes
    for lot in has.lots:
        amount = min(lot.amount, wanted)
        if not amount:
            break
        source, target = (
            ledger.member(holder=holder, unit=unit, fund=lot.fund, expires_on=lot.expires_on)
            for holder in (gift.giver_id, gift.receiver_id)
        )
        transfers.append(ledger.Transfer(source=source, target=target, amount=amount))
        wanted -= amount
    return transfers
