"""Pure decisions about one tap: is its time possible, and what is the reader told."""

import datetime as dt
import json
from hashlib import blake2b
from typing import Any

from citycard.taps.codes import Code
from citycard.taps.service_table import ServiceTable
from citycard.taps.values import RidePart, TapRead

FUTURE_ALLOWED = dt.timedelta(minutes=10)
"""How far a reader's clock may run ahead."""

OLDEST = dt.timedelta(days=400)
"""How old a tap may be when it arrives at last."""

LATE_AFTER = dt.timedelta(minutes=15)
"""A tap that arrives later than this after it happened was held back by its reader."""


def content_hash(read: TapRead) -> bytes:
    """Return 16 bytes that tell a re-sent tap from another one under the same number."""
    said = f"{read.at.timestamp():.6f}|{read.issuer}|{read.number_kind}|{read.number}"
    if read.ride is not None:
        said += _ride_content(read.ride)
    if read.sale is not None:
        said += "|".join(("", "sale", *map(str, read.sale)))
    if read.answered is not None:
        said += "|".join(("", "answered", *map(str, read.answered)))
    return blake2b(said.encode(), digest_size=16).digest()


def _ride_content(ride: RidePart) -> str:
    """Return what was said of a ride; a field that is added one day changes nothing of before."""
    usual = RidePart._field_defaults
    said = {name: v for name, v in ride._asdict().items() if v != usual.get(name)}
    return json.dumps(said, sort_keys=True, ensure_ascii=False)


def impossible_time(at: dt.datetime, now: dt.datetime) -> str | None:
    """Return why a tap cannot have happened then (``future``, ``too_old``), or None."""
    if at > now + FUTURE_ALLOWED:
        return "future"
    if at < now - OLDEST:
        return "too_old"
    return None


def local_day(at: dt.datetime, zone: dt.tzinfo) -> dt.date:
    """Return the local day of a tap; a reader's clock may say any year that there is, and at
    either end of time the zone's own day is none."""
    try:
        return at.astimezone(zone).date()
    except OverflowError:
        return at.date()


def verdict(found: Any, table: ServiceTable, on: dt.date) -> Code:
    """Return what the reader is told about a new tap, before points and the agency's number.

    :param found: card, binding and right as they stood at the tap's own time
    :param on: the local day of the tap
    """
    service = table.services.get(found.service)
    if service is None:
        return Code.WRONG_SERVICE
    if found.card_state is None:
        return Code.UNKNOWN_CARD
    if found.card_state != "active" or (found.expires_on and found.expires_on <= on):
        return Code.BLOCKED
    if found.member_id is None:
        return Code.NOT_BOUND
    return _entitled(found, service.entitlement, table, on)


def _entitled(found: Any, entitlement: str | None, table: ServiceTable, on: dt.date) -> Code:
    carried = table.narrow_kinds.get(found.kind)
    if entitlement is not None and carried is not None and entitlement not in carried:
        return Code.WRONG_SERVICE
    days = table.dated.get((found.kind, entitlement or ""))
    if days is not None and on not in days:
        return Code.WRONG_SERVICE
    return Code.ACCEPTED if found.entitled else Code.NOT_ENTITLED
