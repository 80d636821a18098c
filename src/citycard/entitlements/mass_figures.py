"""Figures around a mass change: who holds a right, until when those who lost it had it, and what
was used after its end."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from citycard.infra.database import rows


def holders_by_right(*, entitlements: Sequence[str], on: dt.date) -> dict[str, int]:
    """Return how many people have each of some rights on a day."""
    found = rows(
        "SELECT entitlement, count(*) AS members FROM entitlements_right"
        " WHERE entitlement = ANY(%s::text[]) AND upper_inf(recorded) AND valid @> %s::date"
        " GROUP BY entitlement",
        [list(entitlements), on],
    )
    return {one.entitlement: one.members for one in found}


def last_days(*, rights: Sequence[tuple[int, str]]) -> dict[tuple[int, str], dt.date]:
    """Return the first day without it of each right (member, entitlement) that has an end; for
    flows, never for a page."""
    found = rows(
        "SELECT r.member_id, r.entitlement, max(upper(r.valid)) AS ended_on"
        " FROM unnest(%s::bigint[], %s::text[]) AS k(member_id, entitlement)"
        " JOIN entitlements_right r ON r.member_id = k.member_id"
        "  AND r.entitlement = k.entitlement AND upper_inf(r.recorded) AND NOT upper_inf(r.valid)"
        " GROUP BY 1, 2",
        [[member for member, _ in rights], [code for _, code in rights]],
    )
    return {(one.member_id, one.entitlement): one.ended_on for one in found}


def held_of(*, rights: Sequence[tuple[int, str]], on: dt.date) -> set[tuple[int, str]]:
    """Return those of some rights (member, entitlement) that are held on a day; for flows, never
    for a page."""
    found = rows(
        "SELECT k.member_id, k.entitlement"
        " FROM unnest(%s::bigint[], %s::text[]) AS k(member_id, entitlement)"
        " WHERE EXISTS (SELECT FROM entitlements_right r WHERE r.member_id = k.member_id"
        "  AND r.entitlement = k.entitlement AND upper_inf(r.recorded) AND r.valid @> %s::date)",
        [[member for member, _ in rights], [code for _, code in rights], on],
    )
    return {(one.member_id, one.entitlement) for one in found}


@dataclass(frozen=True, kw_only=True)
class UsedAfter:
    """What was used of a right after its end: *should have been* nothing, *was* this.

    :ivar uses: how often its allowance was used
    :ivar points: how many points of it (1 point is NT$1 where the unit says so)
    """

    entitlement: str
    people: int
    uses: int
    points: int


_USED = """
SELECT k.entitlement, count(DISTINCT k.member_id) AS people, count(*) AS uses,
    coalesce(sum(u.points), 0)::bigint AS points
FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[]) AS k(member_id, entitlement, ended_at)
JOIN entitlements_allowance_use u ON u.member_id = k.member_id AND u.at >= k.ended_at
    AND u.at < %s AND u.points > 0
JOIN entitlements_allowance a ON a.month = u.month AND a.unit = u.unit
    AND a.member_id = u.member_id AND a.entitlement = k.entitlement
GROUP BY k.entitlement ORDER BY points DESC
"""


def used_after(
    *, rights: Sequence[tuple[int, str, dt.datetime]], until: dt.datetime
) -> list[UsedAfter]:
    """Return what was used of rights after their end, by right; no person stands in it.

    :param rights: (member, entitlement, the instant at which it ended)
    :param until: when the end became known: later uses are another story
    """
    columns = [list(column) for column in zip(*rights, strict=True)] if rights else [[], [], []]
    return [UsedAfter(**one._asdict()) for one in rows(_USED, [*columns, until])]


def lost_days_of_run(*, run_id: int) -> dict[str, tuple[dt.date, dt.date]]:
    """Return by right the first and the last of the days from which a run takes it from somebody;
    nothing where nobody loses a day."""
    found = rows(
        "SELECT l.entitlement, min(l.day) AS first_on, max(l.day) AS last_on"
        " FROM (SELECT entitlement, lower(stood - wanted) AS day FROM entitlements_difference"
        "  WHERE run_id = %s AND kind IN ('ended', 'cut')) l"
        " WHERE l.day IS NOT NULL GROUP BY l.entitlement",
        [run_id],
    )
    return {one.entitlement: (one.first_on, one.last_on) for one in found}


def ended_by_run(*, run_id: int) -> list[tuple[int, str, dt.date]]:
    """Return who lost which right by a run, or loses it on a later day, and the first day without
    it; for flows, never for a page."""
    found = rows(
        "SELECT d.member_id, d.entitlement,"
        "  CASE d.kind WHEN 'ended' THEN r.on_day ELSE lower(d.stood - d.wanted) END AS ended_on"
        " FROM entitlements_difference d JOIN entitlements_run r ON r.id = d.run_id"
        " WHERE d.run_id = %s AND d.state = 'due' AND (d.kind = 'ended'"
        "  OR d.kind = 'cut' AND lower(d.stood - d.wanted) > r.today)"
        " ORDER BY d.entitlement, d.member_id",
        [run_id],
    )
    return [(one.member_id, one.entitlement, one.ended_on) for one in found]
