"""Giving points for taps: shares and budgets held exactly, in the order the taps are given in.

Locks: participations by campaign and member, then budgets, then (in the ledger) people's accounts.
"""

import datetime as dt
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from citycard.activities import shares
from citycard.activities.deciding import Room
from citycard.activities.events import PointsAwarded
from citycard.activities.queries import (
    campaigns_by_id,
    campaigns_of_devices,
    campaigns_of_trigger,
)
from citycard.activities.residents import at_home
from citycard.activities.values import (
    Award,
    AwardCode,
    AwardRequest,
    Campaign,
    LineRequest,
    TriggerRequest,
)
from citycard.infra.journal import announce
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger

Request = AwardRequest | TriggerRequest | LineRequest
DayOf = Callable[[dt.datetime], dt.date]


class Fact(Protocol):
    """What a decision reads of what is asked."""

    @property
    def member_id(self) -> int:
        """Who would get the points."""

    @property
    def at(self) -> dt.datetime:
        """When it happened."""


class Decided(NamedTuple):
    """How many points something gives, and why."""

    points: int
    code: AwardCode


def award(*, requests: Sequence[AwardRequest], actor: Actor, now: dt.datetime) -> list[Award]:
    """Decide what taps give, in the order given; the caller posts the moves in the same unit of
    work.

    A share or budget that is nearly used up gives what is left of it.

    :returns: one answer a request, in order
    """
    require_unit_of_work()
    if not requests:
        return []
    running = campaigns_of_devices(sorted({request.device_id for request in requests}))
    at_device: dict[int, list[Campaign]] = {}
    for campaign in running:
        for device_id in campaign.devices:
            at_device.setdefault(device_id, []).append(campaign)
    return _awards([(r, giving_at(at_device.get(r.device_id, ()), r.at)) for r in requests])


def award_for(
    *, trigger: str, requests: Sequence[TriggerRequest], actor: Actor, now: dt.datetime
) -> list[Award]:
    """Decide what happenings give (say ``cards.card.bound``); the caller posts the moves.

    A happening gives once a person and campaign, whatever the cap: who binds a second card, or the
    same one again, gets nothing.

    :returns: one answer a request, in order
    """
    require_unit_of_work()
    running = campaigns_of_trigger(trigger) if requests else []
    return _awards([(request, giving_at(running, request.at)) for request in requests])


def award_lines(*, requests: Sequence[LineRequest], actor: Actor, now: dt.datetime) -> list[Award]:
    """Decide what lines of an agency's own system give, each in the campaign that it names; the
    caller posts the moves.

    :returns: one answer a request, in order
    """
    require_unit_of_work()
    named = campaigns_by_id(campaign_ids=sorted({request.campaign_id for request in requests}))
    return _awards([(r, giving_at([named[r.campaign_id]], r.at)) for r in requests])


def giving_at(running: Iterable[Campaign], at: dt.datetime) -> Campaign | None:
    """Return the first of some campaigns that gives at an instant."""
    return next((campaign for campaign in running if campaign.gives_at(at)), None)


@dataclass(slots=True)
class _Batch:
    """What the decision of a batch reads and changes."""

    day_of: DayOf
    own: dict[tuple[int, int], shares.Share]
    days: dict[tuple[int, int, dt.date], shares.DayShare]
    budgets: dict[int, int]
    given: list[tuple[int, int, int]] = field(default_factory=list)


def _awards(asked: Sequence[tuple[Request, Campaign | None]]) -> list[Award]:
    day_of = functools.cache(current_pack().time.day)
    return [
        Award(
            n=request.n,
            campaign_id=campaign.id if campaign is not None else None,
            points=points,
            code=code,
            move=_move(request, campaign, points, day_of) if campaign and points else None,
        )
        for (request, campaign), (points, code) in zip(asked, decide(asked), strict=True)
    ]


def decide(asked: Sequence[tuple[Fact, Campaign | None]]) -> list[Decided]:
    """Decide what each gives, in the order given, and count it; see ``award``."""
    pack = current_pack()  # once a batch, not once a tap
    day_of = pack.time.day
    outsiders = _not_residents(asked, day_of)
    eligible = [
        (request, campaign)
        for request, campaign in asked
        if campaign is not None and (campaign.id, request.member_id, request.at) not in outsiders
    ]
    own = shares.lock({(c.id, r.member_id): c.per_person_cap for r, c in eligible})
    batch = _Batch(
        day_of=day_of,
        own=own,
        days=shares.lock_days(
            {
                (c.id, r.member_id, day_of(r.at)): c.per_day_cap
                for r, c in eligible
                if c.per_day_cap is not None
            }
        ),
        budgets=ledger.lease_budgets(wanted=_most(eligible, own)),
    )
    decided = [_one(request, campaign, outsiders, batch) for request, campaign in asked]
    shares.save(batch.own.values())
    shares.save_days(batch.days.values())
    if batch.given:
        members, campaigns, points = zip(*batch.given, strict=True)
        announce(PointsAwarded(member_ids=members, campaign_ids=campaigns, points=points))
    return decided


def _most(
    eligible: Iterable[tuple[Fact, Campaign]],
    own: Mapping[tuple[int, int], shares.Share],
) -> dict[int, int]:
    """Return the most that a batch can take from each fund: no person more than their share."""
    asked: dict[tuple[int, int], int] = {}
    fund_of: dict[int, int] = {}
    for request, campaign in eligible:
        whose = (campaign.id, request.member_id)
        asked[whose] = asked.get(whose, 0) + campaign.points_per_tap
        fund_of[campaign.id] = campaign.fund_id
    most = dict.fromkeys(fund_of.values(), 0)
    for whose, points in asked.items():
        room = max(0, own[whose].cap - own[whose].points)
        most[fund_of[whose[0]]] += min(points, room)
    return most


def _one(
    request: Fact,
    campaign: Campaign | None,
    outsiders: set[tuple[int, int, dt.datetime]],
    batch: _Batch,
) -> Decided:
    if campaign is None:
        return _NONE
    if (campaign.id, request.member_id, request.at) in outsiders:
        return _NOT_RESIDENT
    points = _give(request, campaign, batch)
    return Decided(points, "points") if points else _LIMIT


_NONE, _NOT_RESIDENT, _LIMIT = Decided(0, "none"), Decided(0, "not_resident"), Decided(0, "limit")


def _give(request: Fact, campaign: Campaign, batch: _Batch) -> int:
    share = batch.own[campaign.id, request.member_id]
    if campaign.trigger and share.points:
        return 0
    today = None
    if campaign.per_day_cap is not None:
        today = batch.days[campaign.id, request.member_id, batch.day_of(request.at)]
    room = Room(
        person=share.cap - share.points,
        budget=batch.budgets[campaign.fund_id],
        day=today.cap - today.points if today else None,
    )
    points = room.give(campaign.points_per_tap)
    share.count(points, request.at)
    batch.budgets[campaign.fund_id] -= points
    if today:
        today.points += points
    if points:
        batch.given.append((request.member_id, campaign.id, points))
    return points


def _move(request: Request, campaign: Campaign, points: int, day_of: DayOf) -> ledger.Move:
    lot = ledger.member(
        holder=request.member_id,
        unit=campaign.unit,
        fund=campaign.fund_id,
        expires_on=ledger.last_day(unit=campaign.unit, earned_on=day_of(request.at)),
    )
    key = request.tap_key if isinstance(request, AwardRequest) else request.key
    return ledger.Move(
        key=fact_key(request.at, "campaign.award", campaign.id, key),
        kind="campaign.award",
        at=request.at,
        transfers=[
            ledger.Transfer(
                source=ledger.budget(fund_id=campaign.fund_id, unit=campaign.unit),
                target=lot,
                amount=points,
            )
        ],
        ref=f"campaign:{campaign.id}",
    )


def _not_residents(
    asked: Sequence[tuple[Fact, Campaign | None]], day_of: DayOf
) -> set[tuple[int, int, dt.datetime]]:
    """Return what is asked by people who were not registered in the city on the day they tapped."""
    for_residents = [(r, c) for r, c in asked if c is not None and c.residents_only]
    home = at_home((r.member_id, day_of(r.at)) for r, _ in for_residents)
    return {
        (c.id, r.member_id, r.at)
        for r, c in for_residents
        if (r.member_id, day_of(r.at)) not in home
    }
