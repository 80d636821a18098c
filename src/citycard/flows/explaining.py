"""Why: any fare, refusal or move of points by its number, executed again by the rule that decided.

What a number names is looked up first, without showing anything; what is shown needs an access to
whose it is.
"""

import datetime as dt
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from citycard.entitlements import api as entitlements
from citycard.fares import api as fares
from citycard.flows import riding
from citycard.infra import clock
from citycard.kernel.access import Access
from citycard.kernel.errors import NotFound
from citycard.ledger import api as ledger
from citycard.taps import api as taps

Kind = Literal["ride", "tap", "points"]
_TAP = re.compile(r"(\d{1,18})-(\d{1,9})-(\d{1,18})")


@dataclass(frozen=True, kw_only=True)
class Thing:
    """What a number names, and whose it is.

    :ivar about: the number as it is stored: of a ride or a tap ``reader-epoch-number``, of a move
        its key
    :ivar unit: of a move
    """

    kind: Kind
    about: str
    member_id: int
    at: dt.datetime
    unit: str = ""

    @property
    def identity(self) -> tuple[int, int, int]:
        """Return reader, epoch and number of a ride or tap."""
        reader, epoch, seq = map(int, self.about.split("-"))
        return reader, epoch, seq


def find(*, number: str) -> Thing:
    """Return what a number names; a tap that began a ride is found as the ride.

    :raises NotFound: it names nothing, or nothing that is a member's
    """
    wanted = number.strip().lower()
    if _TAP.fullmatch(wanted):
        return _tap(wanted)
    try:
        return _move(uuid.UUID(wanted))
    except ValueError:
        raise NotFound(what="entry") from None


def _tap(number: str) -> Thing:
    reader, epoch, seq = map(int, number.split("-"))
    found = taps.whose(tap=(reader, epoch, seq))
    if found is None:
        raise NotFound(what="entry")
    member_id, at = found
    is_ride = fares.is_ride(member_id=member_id, ride=(reader, epoch, seq), at=at)
    about = f"{reader}-{epoch}-{seq}"
    return Thing(kind="ride" if is_ride else "tap", about=about, member_id=member_id, at=at)


def _move(key: uuid.UUID) -> Thing:
    found = ledger.whose(key=key)
    if found is None:
        raise NotFound(what="entry")
    return Thing(
        kind="points", about=str(key), member_id=found.holder, at=found.at, unit=found.unit
    )


def why_ride(*, access: Access, thing: Thing) -> fares.RideWhy:
    """Execute a ride's decision again, and say every step.

    :raises NotFound: the member has no such ride now
    :raises AccessTooNarrow: the access doesn't cover ``taps``
    """
    return fares.explain_stored(
        access=access, member_id=thing.member_id, ride=thing.identity, at=thing.at, grants=grants
    )


@dataclass(frozen=True, kw_only=True)
class TapWhy:
    """A tap, and what the rule says of the right that its service needs.

    :ivar entitlement: what the service needs; empty: a card alone
    :ivar then: the rule, with what the city held true when the tap was made
    :ivar known: the rule for the same day, with what is known now
    """

    tap: taps.TapView
    entitlement: str
    then: entitlements.Explanation | None
    known: entitlements.Explanation | None


def why_tap(*, access: Access, thing: Thing) -> TapWhy:
    """Explain a tap's answer: the right that was asked for, as the rule saw it at that time.

    :raises NotFound: the member has no such tap
    :raises AccessTooNarrow: the access doesn't cover ``taps`` and ``rights``
    """
    tap = taps.tap_of(access=access, member_id=thing.member_id, tap=thing.identity)
    service = taps.service_table().services.get(tap.service)
    wanted = (service.entitlement if service else None) or ""
    if not wanted:
        return TapWhy(tap=tap, entitlement="", then=None, known=None)
    then, known = (
        entitlements.explain(
            access=access,
            member_id=thing.member_id,
            entitlement=wanted,
            on=clock.city_time().day(tap.at),
            known_at=known_at,
        )
        for known_at in (tap.at, None)
    )
    return TapWhy(tap=tap, entitlement=wanted, then=then, known=known)


def grants(members: Sequence[int], month: dt.date) -> Mapping[int, fares.Grant]:
    """Return the allowances of a month that were granted; nothing is granted for being read."""
    return riding.granted(members, month)
