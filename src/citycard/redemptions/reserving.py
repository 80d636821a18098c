"""Reserving: points are held for a card that lies on a kiosk, within every limit."""

import datetime as dt
import uuid
from typing import Any

from citycard.infra.database import row, scalar
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from citycard.redemptions import queries
from citycard.redemptions.deciding import Terms, terms_on
from citycard.redemptions.values import Reservation, Session


class MediumNotWritten(Refused):
    """Points can't be loaded onto this kind of card here."""

    code = "redemptions.medium_not_written"


class AmountNotOffered(Refused):
    """Choose from {least} to {most} points, in steps of {step}."""

    code = "redemptions.amount_not_offered"


class PurseFull(Refused):
    """The card holds {purse} dollars and may hold {purse_max}; {room} more fit."""

    code = "redemptions.purse_full"


class DayLimitReached(Refused):
    """{used} points were redeemed today; at most {most} are possible on one day."""

    code = "redemptions.day_limit"


class CardBusy(Refused):
    """A redemption for this card is still under way."""

    code = "redemptions.card_busy"


class WayWrong(Refused):
    """Points can't be turned into this here."""

    code = "redemptions.way_wrong"


class KeyUsed(Refused):
    """The key was used for another redemption."""

    code = "redemptions.key_used"


def reserve(*, asked: Reservation, actor: Actor, now: dt.datetime) -> Session:
    """Hold points for a card, an account or a purchase; asked again under the same key, tell what
    became of the first time.

    :raises WayWrong: the pack has no such kind
    :raises KeyUsed: the key stands for another card or amount
    :raises MediumNotWritten, AmountNotOffered, PurseFull, DayLimitReached: a limit of the pack
    :raises CardBusy: the card is in a session already
    :raises ledger.NotEnoughPoints: the balance doesn't cover it
    """
    require_unit_of_work()
    if known := queries.by_key(key=asked.key):
        return _same(known, asked)
    on = current_pack().time.day(now)
    terms = terms_of(asked.kind, now) if asked.kind else conversion_for(asked.medium, on)
    ntd = _within_limits(asked, terms)
    session_id = _insert(asked, terms, ntd, now)
    if session_id is None:
        if known := queries.by_key(key=asked.key):  # the same request, twice at once
            return _same(known, asked)
        raise CardBusy()
    session = queries.session(session_id=session_id)
    _hold(session, actor, now)
    _within_day(session, terms)
    return session


def same_before(
    *,
    key: uuid.UUID,
    points: int,
    kind: str,
    device_id: int | None = None,
    card_id: int | None = None,
    member_id: int | None = None,
) -> Session | None:
    """Return what a key stood for when the same was asked before; None: it is asked for the first
    time. For callers that tell what became of the first time, whatever has changed since.

    :param member_id: whose points; None where a card says so, which may be somebody else's by now
    :raises KeyUsed: the key stands for something else
    """
    known = queries.by_key(key=key)
    if known is None:
        return None
    whose = known.member_id if member_id is None else member_id
    before = (known.points, known.kind, known.device_id, known.card_id, known.member_id)
    if before != (points, kind, device_id, card_id, whose):
        raise KeyUsed()
    return known


def conversion_for(medium: str, on: dt.date) -> Terms:
    """Return the terms under which points are loaded onto a medium.

    :raises MediumNotWritten: no conversion writes it
    """
    table = current_pack().table("points")
    for kind, conversion in table["conversions"].items():
        if medium in conversion.get("media", ()):
            return terms_on(table, kind, on)
    raise MediumNotWritten(medium=medium)


def terms_of(kind: str, now: dt.datetime) -> Terms:
    """Return the terms of a kind of redemption.

    :raises WayWrong: the pack has no such kind
    """
    table = current_pack().table("points")
    if kind not in table["conversions"]:
        raise WayWrong(kind=kind)
    return terms_on(table, kind, current_pack().time.day(now))


def used_today(member_id: int, terms: Terms, now: dt.datetime) -> int:
    """Return how many points a person has redeemed, or is redeeming, on the local day.

    Conversions onto cards share one allowance; every other kind has its own.
    """
    time = current_pack().time
    return int(
        scalar(
            "SELECT coalesce(sum(points), 0) FROM redemptions_session WHERE member_id = %s"
            " AND unit = %s AND way = %s AND (way = 'card' OR kind = %s)"
            " AND reserved_at >= %s AND state <> 'released'",
            [member_id, terms.unit, terms.way, terms.kind, time.midnight(time.day(now))],
        )
    )


def _same(known: Session, asked: Reservation) -> Session:
    device = asked.kiosk.device_id if asked.kiosk else None
    before = (known.card_id, known.points, known.device_id, known.member_id)
    if before != (asked.card_id, asked.points, device, asked.member_id):
        raise KeyUsed()
    if asked.kind and asked.kind != known.kind:
        raise KeyUsed()
    return known


def _within_limits(asked: Reservation, terms: Terms) -> int:
    points = asked.points
    ntd = terms.worth(points) if type(points) is int else None
    most = terms.most_each_time
    if ntd is None or not terms.least <= points <= most or points % terms.step:
        raise AmountNotOffered(least=terms.least, most=most, step=terms.step)
    purse = asked.reading.purse if asked.reading else 0
    if terms.way == "card" and purse + ntd > terms.purse_max:
        room = max(0, terms.purse_max - purse)
        raise PurseFull(purse=purse, purse_max=terms.purse_max, room=room)
    return ntd


_INSERT = """
INSERT INTO redemptions_session (key, way, kind, unit, partner, device_id, terminal, place, agency,
    card_id, member_id, points, ntd, state, purse_before, counter_before, hold_key, reserved_at,
    expires_at)
VALUES (%(key)s, %(way)s, %(kind)s, %(unit)s, %(partner)s, %(device_id)s, %(terminal)s, %(place)s,
    %(agency)s, %(card_id)s, %(member_id)s, %(points)s, %(ntd)s, 'reserved', %(purse)s,
    %(counter)s, %(hold_key)s, %(now)s, %(expires_at)s)
ON CONFLICT DO NOTHING RETURNING id
"""


def _insert(asked: Reservation, terms: Terms, ntd: int, now: dt.datetime) -> int | None:
    kiosk = asked.kiosk
    found: Any = row(
        _INSERT,
        {
            "key": asked.key,
            "way": terms.way,
            "kind": terms.kind,
            "unit": terms.unit,
            "partner": terms.partner or (kiosk.agency if kiosk else ""),
            "device_id": kiosk.device_id if kiosk else None,
            "terminal": kiosk.code if kiosk else "",
            "place": kiosk.place if kiosk else "",
            "agency": kiosk.agency if kiosk else "",
            "card_id": asked.card_id,
            "member_id": asked.member_id,
            "points": asked.points,
            "ntd": ntd,
            "purse": asked.reading.purse if asked.reading else None,
            "counter": asked.reading.counter if asked.reading else None,
            "hold_key": hold_key(asked.key, now),
            "now": now,
            "expires_at": now + terms.reservation,
        },
    )
    return int(found.id) if found else None


def hold_key(key: uuid.UUID, now: dt.datetime) -> uuid.UUID:
    """Return the ledger's key of a session's hold."""
    return fact_key(now, "redemption.reserved", key)


def _hold(session: Session, actor: Actor, now: dt.datetime) -> None:
    spend = ledger.Spend(
        key=session.hold_key,
        kind="redemption.reserved",
        at=session.reserved_at,
        holder=session.member_id,
        unit=session.unit,
        amount=session.points,
        ref=f"redemption:{session.id}",
    )
    (posted,) = ledger.spend_many(spends=[spend], actor=actor, now=now)
    if posted.refusal:
        raise posted.refusal


def _within_day(session: Session, terms: Terms) -> None:
    """Look after the person's lots are locked, so that two kiosks see each other."""
    used = used_today(session.member_id, terms, session.reserved_at)
    if used > terms.most_each_day:
        raise DayLimitReached(used=used - session.points, most=terms.most_each_day)
