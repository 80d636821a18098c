"""What single requests give: taps, happenings, and lines of an agency's own system."""

import datetime as dt
import functools
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from citycard.activities.counting import Facts, count, cut_to_budgets, in_rounds, settle
from citycard.activities.queries import (
    campaigns_by_id,
    campaigns_of_devices,
    campaigns_of_trigger,
)
from citycard.activities.values import (
    Award,
    AwardCode,
    AwardRequest,
    Campaign,
    LineRequest,
    TriggerRequest,
)
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger

Request = AwardRequest | TriggerRequest | LineRequest
DayOf = Callable[[dt.datetime], dt.date]


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
        for (request, campaign), (points, code) in zip(asked, _decide(asked), strict=True)
    ]


def _decide(asked: Sequence[tuple[Request, Campaign | None]]) -> list[tuple[int, AwardCode]]:
    """Decide what each gives, in the order given, and count it; see ``award``."""
    facts = _facts(asked)
    points = np.zeros(len(asked), np.int64)
    home = np.zeros(len(asked), bool)
    for places in in_rounds(facts) if facts.campaigns else ():
        counted = cut_to_budgets(count(facts.only(places)))
        settle(counted)
        points[places], home[places] = counted.points, counted.home
    none = (facts.campaign < 0).tolist()
    return [
        (given, "points" if given else "none" if no else "limit" if counts else "not_resident")
        for given, no, counts in zip(points.tolist(), none, home.tolist(), strict=True)
    ]


def _facts(asked: Sequence[tuple[Request, Campaign | None]]) -> Facts:
    campaigns = list({c.id: c for _, c in asked if c is not None}.values())
    place = {campaign.id: n for n, campaign in enumerate(campaigns)}
    day_of = current_pack().time.day
    days = np.array([day_of(request.at) for request, _ in asked], "M8[D]")
    return Facts(
        member_id=np.array([request.member_id for request, _ in asked], np.int64),
        at_us=np.array([(request.at - _UNIX) // _MICROSECOND for request, _ in asked], np.int64),
        day=days.astype(np.int64),
        campaign=np.array([-1 if c is None else place[c.id] for _, c in asked], np.int64),
        campaigns=campaigns,
    )


_UNIX = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


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
