"""What the face of activities takes and gives."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from citycard.activities.states import State
from citycard.infra.packs import Text
from citycard.ledger import api as ledger

_UNIX = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class NewCampaign:
    """A campaign to be set up.

    :ivar code: short and unique: ``health-2026``
    :ivar per_person_cap: most points one person gets, over all their cards
    :ivar budget: points that the agency puts aside for it
    :ivar devices: ids of the readers whose taps count
    :ivar trigger: an event's code when points are given for that instead of taps
    """

    code: str
    agency: str
    names: Text
    unit: str
    points_per_tap: int
    per_person_cap: int
    budget: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    per_day_cap: int | None = None
    residents_only: bool = True
    devices: Sequence[int] = field(default=())
    trigger: str = ""


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A campaign as it stands; ``devices`` are the readers that serve it.

    :ivar settled_at: when what was left of its budget went back to the issuer
    """

    id: int
    code: str
    agency: str
    names: Text
    unit: str
    fund_id: int
    points_per_tap: int
    per_person_cap: int
    per_day_cap: int | None
    starts_at: dt.datetime
    ends_at: dt.datetime
    residents_only: bool
    trigger: str
    state: State
    closed_at: dt.datetime | None
    devices: tuple[int, ...]
    settled_at: dt.datetime | None = None

    def gives_at(self, at: dt.datetime) -> bool:
        """Tell whether a tap of this instant counts; a late upload of an earlier tap still does."""
        until = min(self.ends_at, self.closed_at or self.ends_at)
        return self.state != "draft" and self.starts_at <= at < until

    def gives_at_us(self, at_us: Any) -> Any:
        """Tell the same of a column of instants, in microseconds since 1970."""
        if self.state == "draft":
            return at_us < at_us
        until = min(self.ends_at, self.closed_at or self.ends_at)
        begin, end = ((at - _UNIX) // _MICROSECOND for at in (self.starts_at, until))
        return (begin <= at_us) & (at_us < end)


@dataclass(frozen=True, kw_only=True)
class AwardRequest:
    """A tap that may give points; ``n`` comes back with the answer, ``tap_key`` names the fact."""

    n: int
    member_id: int
    device_id: int
    at: dt.datetime
    tap_key: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class TriggerRequest:
    """A happening that may give points, say a card bound for the first time."""

    n: int
    member_id: int
    at: dt.datetime
    key: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class LineRequest:
    """A line of an agency's own system that may give points in the campaign that it names."""

    n: int
    member_id: int
    campaign_id: int
    at: dt.datetime
    key: uuid.UUID


AwardCode = Literal["points", "limit", "not_resident", "none"]


@dataclass(frozen=True, kw_only=True)
class Award:
    """What a tap gives.

    :ivar code: ``points``; ``limit`` (this person's share or the budget is used up);
    ``not_resident``;
        ``none`` (no campaign here and now)
    :ivar move: to be posted to the ledger in the same unit of work; None without points
    """

    n: int
    campaign_id: int | None
    points: int
    code: AwardCode
    move: ledger.Move | None = None


@dataclass(frozen=True, kw_only=True)
class Participant:
    """One line of a campaign's list."""

    member_id: int
    taps: int
    points: int
    redeemed: int
    first_at: dt.datetime
    last_at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """A campaign in numbers; all points are the ledger's, and equal the sum of the list.

    :ivar held: being loaded onto cards at this moment
    :ivar budget_left: may still be given
    """

    taps: int
    people: int
    points: int
    redeemed: int
    held: int
    budget_left: int
