"""Points for a batch of taps by columns: decided as single requests are, posted as one."""

import datetime as dt
import functools
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from citycard.activities.awarding import decide, giving_at
from citycard.activities.queries import campaigns_of_devices
from citycard.activities.values import Campaign
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger

Giving = Mapping[int, Sequence[Campaign]]
"""Reader → the campaigns that were ever opened at it."""


class PointsNotPosted(RuntimeError):
    """Our own mistake: an activity awarded points that the ledger refused; the batch is undone."""


class TapToAward(NamedTuple):
    """A tap that may give points, in the order in which shares and budgets are used up."""

    member_id: int
    device_id: int
    at: dt.datetime
    epoch: int
    seq: int


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


def award_taps(
    *, asked: Sequence[TapToAward], giving: Giving, actor: Actor, now: dt.datetime
) -> Given:
    """Decide what taps give, in the order given, and post it to the ledger.

    :param giving: what ``giving`` said of their readers
    :raises PointsNotPosted: the ledger refused what a budget had covered
    """
    require_unit_of_work()
    named = [(tap, giving_at(giving.get(tap.device_id, ()), tap.at)) for tap in asked]
    decided = decide(named)
    _post(
        [
            (tap, c, one.points)
            for (tap, c), one in zip(named, decided, strict=True)
            if c is not None and one.points
        ],
        actor,
        now,
    )
    return Given(
        np.array([one.points for one in decided], np.int32),
        np.array([c.id if c is not None else 0 for _, c in named], np.int64),
        np.array([one.code == "limit" for one in decided], bool),
    )


def _post(
    given: Sequence[tuple[TapToAward, Campaign, int]], actor: Actor, now: dt.datetime
) -> None:
    by_unit: dict[str, list[tuple[TapToAward, Campaign, int]]] = {}
    for one in given:
        by_unit.setdefault(one[1].unit, []).append(one)
    for unit, ones in by_unit.items():
        posted = ledger.move_columns(columns=_moves(unit, ones), actor=actor, now=now)
        if not all(outcome in (0, 1) for outcome in posted.outcomes):
            raise PointsNotPosted(str(ledger.Outcome(max(posted.outcomes))))


def _moves(unit: str, given: Sequence[tuple[TapToAward, Campaign, int]]) -> ledger.MoveColumns:
    time = current_pack().time
    last_day = functools.cache(lambda day: ledger.last_day(unit=unit, earned_on=day))
    funds = [campaign.fund_id for _, campaign, _ in given]
    lasts: list[Any] = [last_day(time.day(tap.at)) for tap, _, _ in given]
    refs = [f"campaign:{campaign.id}" for _, campaign, _ in given]
    one_fund, one_last = len(set(funds)) == 1, len(set(lasts)) == 1
    fund: Any = funds[0] if one_fund else funds
    return ledger.MoveColumns(
        key=[_key(tap, campaign) for tap, campaign, _ in given],
        at=[tap.at for tap, _, _ in given],
        source=ledger.AccountColumns(account_class="budget", unit=unit, fund=fund),
        target=ledger.AccountColumns(
            account_class="member",
            unit=unit,
            holder=[tap.member_id for tap, _, _ in given],
            fund=fund,
            expires_on=lasts[0] if one_last else lasts,
        ),
        amount=[points for _, _, points in given],
        kind="campaign.award",
        ref=refs[0] if len(set(refs)) == 1 else refs,
    )


def _key(tap: TapToAward, campaign: Campaign) -> uuid.UUID:
    return fact_key(tap.at, "campaign.award", campaign.id, tap.device_id, tap.epoch, tap.seq)
