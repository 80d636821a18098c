"""Reads of stored rides: a person's own, with what each cost and why."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citycard.fares.differing import Difference
from citycard.fares.pairing import BOARDING_MISSING
from citycard.fares.values import Ended
from citycard.infra.database import rows, scalar, statement
from citycard.kernel.access import Access
from citycard.kernel.errors import NotFound

RIDES_FIELD = "taps"
"""The field of the pack's purposes under which rides are read: they are taps."""


@dataclass(frozen=True, kw_only=True)
class RideView:
    """One ride as it stands now.

    :ivar ride: what names it: reader, epoch and number of its first tap
    :ivar subsidies_ntd: who pays what the rider doesn't, by the code of the fund; whole dollars
    :ivar applied: concessions that lowered the fare, by code
    :ivar charged_ntd: what the device took; ``points_taken`` likewise
    :ivar difference: why an officer looks at it, and what became of that
    """

    ride: str
    boarded_at: dt.datetime
    alighted_at: dt.datetime | None
    month: dt.date
    operator: str
    route: str
    origin: str
    destination: str
    metres: int | None
    ended: int
    reason: str
    applied: tuple[str, ...]
    fare_ntd: int
    points: int
    stored_ntd: int
    cash_ntd: int
    charged_ntd: int
    points_taken: int
    subsidies_ntd: Mapping[str, int]
    difference: Difference
    difference_state: str
    revision: int
    pack_hash: str

    @property
    def is_locked(self) -> bool:
        """Tell whether it waits for the card's next boarding."""
        return self.ended == Ended.MISSING_LOCKED

    @property
    def has_no_boarding(self) -> bool:
        """Tell whether only its second tap is known."""
        return self.ended == BOARDING_MISSING


def rides_of(
    *, access: Access, member_id: int, limit: int = 20, before: dt.datetime | None = None
) -> list[RideView]:
    """Return a member's rides as they stand now, newest first.

    :param access: must cover the field ``taps`` of this member
    :param before: only rides of earlier than this, for the next page
    :raises AccessTooNarrow: the access doesn't cover it
    """
    access.require(RIDES_FIELD, members=[member_id])
    asked = {"member": member_id, "before": before, "newest": before, "limit": limit, "at": None}
    return [_view(row) for row in rows(statement(__file__, "rides_of"), asked)]


def ride_of(
    *, access: Access, member_id: int, ride: tuple[int, int, int], at: dt.datetime
) -> RideView:
    """Return one of a member's rides as it stands now.

    :param access: must cover the field ``taps`` of this member
    :param ride: reader, epoch and number of its first tap; ``at`` that tap's time
    :raises NotFound: this member has no such ride
    :raises AccessTooNarrow: the access doesn't cover it
    """
    access.require(RIDES_FIELD, members=[member_id])
    asked = {"member": member_id, "before": None, "newest": at, "limit": _MOST, "at": at}
    name = "-".join(map(str, ride))
    for row in rows(statement(__file__, "rides_of"), asked):
        if row.ride == name:
            return _view(row)
    raise NotFound(what="ride")


def is_ride(*, member_id: int, ride: tuple[int, int, int], at: dt.datetime) -> bool:
    """Tell whether a member's tap began a ride that is stored."""
    found = scalar(
        "SELECT 1 FROM fares_ride WHERE rider = %s AND boarded_at = %s AND reader_id = %s"
        " AND epoch = %s AND seq = %s AND closed_at IS NULL",
        [member_id, at, *ride],
    )
    return found is not None


def paying(funds: Sequence[str], funders: int) -> list[str]:
    """Return those of a book's funds that pay a part of a ride, as its bits say."""
    return [fund for place, fund in enumerate(funds) if funders >> place & 1]


def _view(row: Any) -> RideView:
    return RideView(
        **{name: value for name, value in row._asdict().items() if name not in _BESIDE},
        applied=tuple(row.concessions[n] for n in range(31) if row.applied_bits >> n & 1),
        subsidies_ntd={
            fund: micro // 1_000_000
            for fund, micro in zip(paying(row.funds, row.funders), row.subsidies or (), strict=True)
        },
        difference=Difference(row.difference_kind),
    )


_MOST = 100
"""Many more than begin at one instant, with all of a member's cards."""

_BESIDE = {"concessions", "applied_bits", "funds", "funders", "subsidies", "difference_kind"}
