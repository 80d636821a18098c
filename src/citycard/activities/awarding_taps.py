"""Points for a batch of taps by columns: decided as single requests are, posted as one."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from citycard.activities.counting import DAY_1970, Counted, Facts, count, cut_to_budgets, settle
from citycard.activities.deciding import Whole
from citycard.activities.queries import campaigns_of_devices
from citycard.activities.values import Campaign
from citycard.infra.fact_keys import fact_keys
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.ledger import api as ledger

Giving = Mapping[int, Sequence[Campaign]]
"""Reader → the campaigns that were ever opened at it."""

_DAY = 2**32 - 1
"""The bits of a cell that hold the day; its campaign stands above them."""


class PointsNotPosted(RuntimeError):
    """Our own mistake: an activity awarded points that the ledger refused; the batch is undone."""


class TapsToAward(NamedTuple):
    """Taps that may give points, by columns, in the order in which shares and budgets are used up.

    :ivar at_us: microseconds since 1970 in UTC
    :ivar day: the local day, counted from 1970
    """

    member_id: Whole
    device_id: Whole
    at_us: Whole
    day: Whole
    epoch: npt.NDArray[np.int32]
    seq: Whole


class Given(NamedTuple):
    """What taps gave, in parallel; campaign 0 is none.

    :ivar limited: where a share or the budget is used up
    """

    points: npt.NDArray[np.int32]
    campaign_id: npt.NDArray[np.int64]
    limited: npt.NDArray[np.bool_]


def giving(*, device_ids: Sequence[int]) -> dict[int, list[Campaign]]:
    """Return, for those of some readers that serve campaigns, which."""
    asked = set(device_ids)
    at_device: dict[int, list[Campaign]] = {}
    for campaign in campaigns_of_devices(list(device_ids)) if device_ids else ():
        for device_id in asked.intersection(campaign.devices):
            at_device.setdefault(device_id, []).append(campaign)
    return at_device


def award_taps(*, asked: TapsToAward, giving: Giving, actor: Actor, now: dt.datetime) -> Given:
    """Decide what taps give, in the order given, and post it to the ledger.

    :param giving: what ``giving`` said of their readers
    :raises PointsNotPosted: the ledger refused what a budget had covered
    """
    require_unit_of_work()
    facts = _facts(asked, giving)
    if not facts.campaigns:
        return Given(*(np.zeros(len(asked.seq), kind) for kind in (np.int32, np.int64, bool)))
    counted = count(facts)
    # As long as budgets have enough, nobody has to ask what they have.
    if not ledger.give_columns(gifts=_gifts(asked, counted), actor=actor, now=now):
        counted = cut_to_budgets(counted)
        _post(_gifts(asked, counted), actor, now)
    settle(counted)
    return Given(
        counted.points.astype(np.int32),
        np.where(facts.campaign < 0, 0, facts.of("id")),
        counted.home & (counted.points == 0),
    )


def _facts(asked: TapsToAward, giving: Giving) -> Facts:
    """Name for each tap the first campaign of its reader that gives at its time."""
    found = {one.id: one for ones in giving.values() for one in ones}
    campaigns = [found[n] for n in sorted(found)]
    campaign = np.full(len(asked.seq), -1, np.int64)
    for n, one in reversed(list(enumerate(campaigns))):
        serves = np.isin(asked.device_id, [d for d, ones in giving.items() if one in ones])
        campaign[serves & one.gives_at_us(asked.at_us)] = n
    return Facts(asked.member_id, asked.at_us, asked.day, campaign, campaigns)


def _post(gifts: ledger.Gifts, actor: Actor, now: dt.datetime) -> None:
    for columns in gifts.moves():
        posted = ledger.move_columns(columns=columns, actor=actor, now=now)
        if not all(outcome in (0, 1) for outcome in posted.outcomes):
            raise PointsNotPosted(str(ledger.Outcome(max(posted.outcomes))))


def _gifts(asked: TapsToAward, counted: Counted) -> ledger.Gifts:
    won = np.flatnonzero(counted.points)
    facts = counted.facts.only(won)
    cells, pot = np.unique(facts.campaign << 32 | facts.day, return_inverse=True)
    ids = facts.of("id")
    said = (ids, asked.device_id[won], asked.epoch[won], asked.seq[won])
    return ledger.Gifts(
        kind="campaign.award",
        pots=[_pot(facts.campaigns[cell >> 32], cell & _DAY) for cell in cells.tolist()],
        pot=pot,
        key=fact_keys(facts.at_us, "campaign.award", *said),
        at_us=facts.at_us,
        holder=facts.member_id,
        amount=counted.points[won],
    )


def _pot(campaign: Campaign, day: int) -> ledger.Pot:
    earned_on = (DAY_1970 + day).item()
    expires_on = ledger.last_day(unit=campaign.unit, earned_on=earned_on)
    return ledger.Pot(campaign.unit, campaign.fund_id, expires_on, f"campaign:{campaign.id}")
