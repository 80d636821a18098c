"""What each person got of a campaign: rows locked before they are read, written once a batch."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from citycard.infra.database import execute, rows


@dataclass(slots=True)
class Share:
    """One person's share of one campaign while a batch is decided."""

    campaign_id: int
    member_id: int
    taps: int
    points: int
    cap: int
    first_at: dt.datetime | None
    last_at: dt.datetime | None

    def count(self, points: int, at: dt.datetime) -> None:
        """Count a tap, with or without points."""
        self.taps += 1
        self.points += points
        self.first_at = min(self.first_at or at, at)
        self.last_at = max(self.last_at or at, at)


@dataclass(slots=True)
class DayShare:
    """One person's share of one campaign on one local day."""

    campaign_id: int
    member_id: int
    day: dt.date
    points: int
    cap: int


def lock(caps: Mapping[tuple[int, int], int]) -> dict[tuple[int, int], Share]:
    """Lock people's shares, by campaign and member, making those that are new.

    :param caps: (campaign, member) → the campaign's cap
    """
    wanted = sorted((campaign, member, cap) for (campaign, member), cap in caps.items())
    if not wanted:
        return {}
    columns = [list(column) for column in zip(*wanted, strict=True)]
    execute(
        """
        INSERT INTO activities_participation (campaign_id, member_id, cap)
        SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[])
        ON CONFLICT DO NOTHING
        """,
        columns,
        prepare=True,
    )
    found = rows(
        """
        SELECT p.campaign_id, p.member_id, p.taps, p.points, p.cap, p.first_at, p.last_at
        FROM activities_participation p
        WHERE (p.campaign_id, p.member_id) IN (SELECT * FROM unnest(%s::bigint[], %s::bigint[]))
        ORDER BY p.campaign_id, p.member_id FOR NO KEY UPDATE
        """,
        columns[:2],
        prepare=True,
    )
    return {(one.campaign_id, one.member_id): Share(**one._asdict()) for one in found}


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


def save(shares: Iterable[Share]) -> None:
    """Write shares back."""
    changed = [
        (s.campaign_id, s.member_id, s.taps, s.points, s.first_at, s.last_at) for s in shares
    ]
    if not changed:
        return
    execute(
        """
        UPDATE activities_participation p
        SET taps = s.taps, points = s.points, first_at = s.first_at, last_at = s.last_at
        FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[],
                    %s::timestamptz[]) AS s(campaign_id, member_id, taps, points, first_at, last_at)
        WHERE p.campaign_id = s.campaign_id AND p.member_id = s.member_id
        """,
        [list(column) for column in zip(*changed, strict=True)],
        prepare=True,
    )


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
