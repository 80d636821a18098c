"""What each person got of a campaign: rows locked in order as they are counted, a batch at once."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from citycard.activities.deciding import Whole
from citycard.infra import columns as wire
from citycard.infra.database import execute, rows, statement
from citycard.infra.packs import current_pack


class Counts(NamedTuple):
    """What a batch asks of people's shares; by campaign and member, each once.

    :ivar taps: how many are counted, with or without points
    :ivar points: what they ask for together
    """

    campaign_id: Whole
    member_id: Whole
    cap: Whole
    taps: Whole
    points: Whole
    first_us: Whole
    last_us: Whole


@dataclass(slots=True)
class DayShare:
    """One person's share of one campaign on one local day."""

    campaign_id: int
    member_id: int
    day: dt.date
    points: int
    cap: int


def count(
    counts: Counts, *, once: Sequence[int], residents: Sequence[int], day: dt.date | None
) -> Whole:
    """Lock people's shares, in the order given, and count what is asked of them up to their caps; a
    share that is new is made.

    :param once: campaigns that give to nobody twice: who got something is not counted again
    :param residents: campaigns for those who are registered in the city on ``day``: nobody else is
        counted
    :returns: what was left of each share before; -1: it was not counted
    """
    if not len(counts.campaign_id):
        return counts.points
    asked = {
        "campaigns": wire.array(wire.INT8, counts.campaign_id),
        "members": wire.array(wire.INT8, counts.member_id),
        "caps": wire.array(wire.INT8, counts.cap),
        "taps": wire.array(wire.INT8, counts.taps),
        "points": wire.array(wire.INT8, counts.points),
        "firsts": wire.array(wire.INSTANT, wire.us_2000(counts.first_us)),
        "lasts": wire.array(wire.INSTANT, wire.us_2000(counts.last_us)),
        "once": list(once),
        "residents": list(residents),
        "day": day,
        "city": current_pack().code,
    }
    found = wire.ask(statement(__file__, "count_shares"), asked, (">i8", ">i8", ">i8"))
    campaigns, members, rooms = (column.tolist() for column in found)
    left = dict(zip(zip(campaigns, members, strict=True), rooms, strict=True))
    whose = zip(counts.campaign_id.tolist(), counts.member_id.tolist(), strict=True)
    return np.array([left.get(one, -1) for one in whose], np.int64)


def take_back(counts: Counts, points: Whole) -> None:
    """Take back of shares that were counted what they did not get after all."""
    less = np.flatnonzero(points)
    if not len(less):
        return
    columns = (counts.campaign_id, counts.member_id, points)
    execute(
        """
        UPDATE activities_participation p SET points = p.points - s.points
        FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS s(campaign_id, member_id, points)
        WHERE p.campaign_id = s.campaign_id AND p.member_id = s.member_id
        """,
        [column[less].tolist() for column in columns],
        prepare=True,
    )


def lock_days(
    caps: Mapping[tuple[int, int, dt.date], int],
) -> dict[tuple[int, int, dt.date], DayShare]:
    """Return people's shares of days, making those that are new; the person's own share is locked
    already.
    """
    wanted = sorted((*key, cap) for key, cap in caps.items())
    if not wanted:
        return {}
    columns = [list(column) for column in zip(*wanted, strict=True)]
    execute(
        """
        INSERT INTO activities_participation_day (campaign_id, member_id, day, cap)
        SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::date[], %s::bigint[])
        ON CONFLICT DO NOTHING
        """,
        columns,
    )
    found = rows(
        """
        SELECT campaign_id, member_id, day, points, cap FROM activities_participation_day
        WHERE (campaign_id, member_id, day)
              IN (SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::date[]))
        """,
        columns[:3],
    )
    return {(one.campaign_id, one.member_id, one.day): DayShare(**one._asdict()) for one in found}


def save_days(shares: Iterable[DayShare]) -> None:
    """Write shares of days back."""
    changed = [(s.campaign_id, s.member_id, s.day, s.points) for s in shares]
    if not changed:
        return
    execute(
        """
        UPDATE activities_participation_day p SET points = s.points
        FROM unnest(%s::bigint[], %s::bigint[], %s::date[], %s::bigint[])
             AS s(campaign_id, member_id, day, points)
        WHERE p.campaign_id = s.campaign_id AND p.member_id = s.member_id AND p.day = s.day
        """,
        [list(column) for column in zip(*changed, strict=True)],
    )
