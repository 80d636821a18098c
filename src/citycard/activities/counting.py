"""Counting what facts give: shares and budgets are held exactly, in the order the facts are in.

Locks: participations by campaign and member, then budgets, then (in the ledger) people's accounts.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from citycard.activities import shares
from citycard.activities.deciding import Whole, cut, occurrences, sums
from citycard.activities.events import PointsAwarded
from citycard.activities.residents import registered
from citycard.activities.values import Campaign
from citycard.infra.journal import announce
from citycard.ledger import api as ledger

Mask = npt.NDArray[np.bool_]
DAY_1970 = np.datetime64(0, "D")


class Facts(NamedTuple):
    """What may give points, in the order in which shares and budgets are used up.

    :ivar day: the local day, counted from 1970
    :ivar campaign: the place in ``campaigns``; -1: none gives
    """

    member_id: Whole
    at_us: Whole
    day: Whole
    campaign: Whole
    campaigns: Sequence[Campaign]

    def only(self, places: Any) -> "Facts":
        """Return some of them."""
        return Facts(
            self.member_id[places],
            self.at_us[places],
            self.day[places],
            self.campaign[places],
            self.campaigns,
        )

    def of(self, name: str, missing: int = 0) -> Whole:
        """Return what each one's campaign says."""
        said = [getattr(campaign, name) for campaign in self.campaigns]
        return np.array([missing if one is None else one for one in said], np.int64)[self.campaign]


class Counted(NamedTuple):
    """What people's shares leave of what facts would give, before budgets are asked.

    :ivar points: of each fact
    :ivar home: which facts count: a campaign gives, and to this person
    :ivar places: of those, where they stand
    :ivar share: the place of each one's share in ``counts``, of which ``booked`` stands as given
    """

    facts: Facts
    points: Whole
    home: Mask
    places: Whole
    share: Whole
    counts: shares.Counts
    booked: Whole
    days: "_Days | None"


class _Days(NamedTuple):
    places: Whole
    day: Whole
    shares: Sequence[shares.DayShare]


def count(facts: Facts) -> Counted:
    """Lock people's shares and count the facts, as if every budget had enough."""
    residents = [campaign.id for campaign in facts.campaigns if campaign.residents_only]
    day = _one_plain_day(facts) if residents else None
    home = facts.campaign >= 0 if day is not None or not residents else _at_home(facts)
    places = np.flatnonzero(home)
    mine = facts.only(places)
    share, counts = _counts(mine)
    once = [campaign.id for campaign in facts.campaigns if campaign.trigger]
    asked = residents if day is not None else []
    room = shares.count(counts, once=once, residents=asked, day=day)
    if day is not None:
        home[places] = room[share] >= 0
    room = np.maximum(room, 0)
    days = _days(mine)
    given = mine.of("points_per_tap") if days is None else _within_days(mine, days)
    points = np.zeros(len(facts.at_us), np.int64)
    points[places] = cut(given, share, room)
    booked = np.minimum(counts.points, room)
    return Counted(facts, points, home, places, share, counts, booked, days)


def _counts(mine: Facts) -> tuple[Whole, shares.Counts]:
    """Return each fact's share, and what is asked of the shares, by campaign and member."""
    campaign_id = mine.of("id")
    order = np.lexsort((mine.member_id, campaign_id))
    by_campaign, by_member = campaign_id[order], mine.member_id[order]
    new = np.append(True, (np.diff(by_campaign) != 0) | (np.diff(by_member) != 0))[: len(order)]
    share = np.empty(len(order), np.int64)
    share[order] = np.cumsum(new) - 1
    firsts = np.flatnonzero(new)
    at_us = mine.at_us[order]
    return share, shares.Counts(
        campaign_id=by_campaign[firsts],
        member_id=by_member[firsts],
        cap=mine.of("per_person_cap")[order][firsts],
        taps=np.diff(np.append(firsts, len(order))),
        points=sums(mine.of("points_per_tap"), share, len(firsts)),
        first_us=np.minimum.reduceat(at_us, firsts) if len(firsts) else at_us,
        last_us=np.maximum.reduceat(at_us, firsts) if len(firsts) else at_us,
    )


def cut_to_budgets(counted: Counted) -> Counted:
    """Lease what the facts would take of budgets, and cut what these have not."""
    facts, points = counted.facts, counted.points
    fund, place = np.unique(facts.of("fund_id"), return_inverse=True)
    asked = np.where(counted.home, points, 0)
    wanted = sums(asked, place, len(fund))
    leased = ledger.lease_budgets(wanted=dict(zip(fund.tolist(), wanted.tolist(), strict=True)))
    room = np.array([leased[one] for one in fund.tolist()], np.int64)
    return counted._replace(points=cut(asked, place, room))


def settle(counted: Counted) -> None:
    """Write what was given at last, and tell of it."""
    given = sums(counted.points[counted.places], counted.share, len(counted.booked))
    shares.take_back(counted.counts, counted.booked - given)
    if counted.days is not None:
        _settle_days(counted.days, counted.points[counted.places][counted.days.places])
    won = np.flatnonzero(counted.points)
    if len(won):
        facts = counted.facts.only(won)
        announce(
            PointsAwarded(
                member_ids=tuple(facts.member_id.tolist()),
                campaign_ids=tuple(facts.of("id").tolist()),
                points=tuple(counted.points[won].tolist()),
            )
        )


def in_rounds(facts: Facts) -> list[Whole]:
    """Return the facts' places in rounds in which a campaign that gives once meets nobody twice."""
    once = facts.of("id") * np.array([bool(one.trigger) for one in facts.campaigns])[facts.campaign]
    nth = np.zeros(len(once), np.int64)
    asking = np.flatnonzero((facts.campaign >= 0) & (once > 0))
    if len(asking):
        pairs = np.stack((once[asking], facts.member_id[asking]), axis=1)
        nth[asking] = occurrences(np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1))
    return [np.flatnonzero(nth == n) for n in range(int(nth.max(initial=0)) + 1)]


def _one_plain_day(facts: Facts) -> dt.date | None:
    """Return the local day of all facts, where counting shares can ask by the way who was
    registered then; None: they lie on several, or a campaign gives once or by the day."""
    first, last = facts.day.min(), facts.day.max()
    plain = not any(one.trigger or one.per_day_cap is not None for one in facts.campaigns)
    return (DAY_1970 + first).item() if plain and first == last else None


def _at_home(facts: Facts) -> Mask:
    """Tell which facts count: people who were not registered in the city on the day are outside of
    what is for residents."""
    home: Mask = facts.campaign >= 0
    asked = np.flatnonzero(home & (facts.of("residents_only") > 0))
    if len(asked):
        home[asked] = registered(member_id=facts.member_id[asked], day=facts.day[asked])
    return home


def _days(mine: Facts) -> _Days | None:
    """Lock people's shares of days, where campaigns bound them."""
    cap = mine.of("per_day_cap", missing=-1)
    places = np.flatnonzero(cap >= 0)
    if not len(places):
        return None
    dates = (DAY_1970 + mine.day[places]).tolist()
    ids, members = mine.of("id")[places].tolist(), mine.member_id[places].tolist()
    keys = list(zip(ids, members, dates, strict=True))
    locked = shares.lock_days(dict(zip(keys, cap[places].tolist(), strict=True)))
    place = {key: n for n, key in enumerate(locked)}
    return _Days(places, np.array([place[key] for key in keys]), list(locked.values()))


def _within_days(mine: Facts, days: _Days) -> Whole:
    given = mine.of("points_per_tap")
    room = np.array([share.cap - share.points for share in days.shares], np.int64)
    given[days.places] = cut(given[days.places], days.day, room)
    return given


def _settle_days(days: _Days, points: Whole) -> None:
    for share, given in zip(
        days.shares, sums(points, days.day, len(days.shares)).tolist(), strict=True
    ):
        share.points += given
    shares.save_days(days.shares)
