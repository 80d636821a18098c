"""Posting what a batch of uses came to: lots, moves, and the rows that tell of them."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence

from citycard.entitlements.allowances_posting import (
    CORRECTED,
    Change,
    correction_key,
    post_changes,
)
from citycard.entitlements.allowances_spending import Moves, mark_of, moves_of, spend, take_back
from citycard.entitlements.allowances_work import Key, Work
from citycard.infra.database import execute, statement
from citycard.infra.partitions import ensure_month


def post_uses(work: Work) -> None:
    """Post what was decided of each use, and keep it."""
    changed = [n for n in range(len(work.keys)) if _is_news(work, n)]
    used = _used(work)
    raised = {key: points for key, points in _lacking(work, used, {}).items() if points > 0}
    _post_lots(work, [*work.granted, *_corrections(work, raised, {})])
    moves = moves_of(work, changed)
    take_back(work, changed, moves)
    if spend(work, changed, moves):
        used = _used(work)
    over = _lacking(work, used, raised)
    _post_lots(work, _corrections(work, over, raised))
    _write_months(work, used, raised, over)
    _write_uses(work, changed, moves)


def _is_news(work: Work, n: int) -> bool:
    """Tell whether a use differs from what is stored of it."""
    if work.why[n] == "key_used" or work.keys[n] not in work.purses:
        return False
    stored = work.stored.get(work.uses.key[n])
    if stored is None:
        return True
    told = (work.points[n], work.uses.points[n], work.why[n])
    return (stored.points, stored.wanted, stored.why) != told


def _used(work: Work) -> dict[Key, int]:
    """Return by how much what is used of each month changes, where any of its uses does."""
    used: dict[Key, int] = defaultdict(int)
    for key, points, had in zip(work.keys, work.points, work.had, strict=True):
        if points != had:
            used[key] += points - had
    return used


def _lacking(work: Work, used: Mapping[Key, int], raised: Mapping[Key, int]) -> dict[Key, int]:
    """Return what lots lack for what is used of them, or hold too much (below zero): what was used
    stays granted although less is given now."""
    lacking = {}
    for key in {**used, **raised}:
        stands = work.stands[key]
        standing = 0 if stands.returned else stands.amount
        granted = stands.granted + raised.get(key, 0)
        if points := max(standing, stands.used + used.get(key, 0)) - granted:
            lacking[key] = points
    return lacking


def _corrections(
    work: Work, lacking: Mapping[Key, int], raised: Mapping[Key, int]
) -> list[tuple[Key, Change]]:
    """Return the moves of lots; those that were raised in this batch have one already."""
    found = []
    for key, points in lacking.items():
        (month, unit, member), stands = key, work.stands[key]
        revision = stands.revision + 1 + (key in raised)
        name = correction_key(unit, member, month, revision)
        found.append((key, Change(member, stands.fund, points, name, CORRECTED)))
    return found


def _post_lots(work: Work, changes: Sequence[tuple[Key, Change]]) -> None:
    by_month: dict[tuple[dt.date, str], list[Change]] = defaultdict(list)
    for (month, unit, _), change in changes:
        by_month[month, unit].append(change)
    for (month, unit), own in sorted(by_month.items(), key=lambda each: each[0]):
        short = post_changes(unit=unit, month=month, changes=own, actor=work.actor, now=work.now)
        assert not short, "a lot gave back less than lay in it"


def _write_months(
    work: Work, used: Mapping[Key, int], raised: Mapping[Key, int], over: Mapping[Key, int]
) -> None:
    keys = {key: None for key, change in used.items() if change} | dict.fromkeys((*raised, *over))
    if keys:
        columns = [list(column) for column in zip(*keys, strict=True)]
        changes = [used.get(key, 0) for key in keys]
        revisions = [(key in raised) + (key in over) for key in keys]
        execute(statement(__file__, "allowance_used"), [*columns, changes, revisions])


def _write_uses(work: Work, changed: Sequence[int], moves: Moves) -> None:
    if not changed:
        return
    for month in {work.keys[n][0] for n in changed}:
        ensure_month("entitlements_allowance_use", month)
    uses = work.uses
    told = {n: _told(work, n, moves) for n in moves}
    nothing = None, None
    execute(
        statement(__file__, "allowance_write_uses"),
        {
            "now": work.now,
            "months": [work.keys[n][0] for n in changed],
            "keys": [uses.key[n] for n in changed],
            "members": [uses.member_id[n] for n in changed],
            "units": [uses.unit[n] for n in changed],
            "categories": [uses.category[n] for n in changed],
            "services": [uses.service[n] for n in changed],
            "ats": [uses.at[n] for n in changed],
            "into": [mark_of(uses.into[n], uses.unit[n]) for n in changed],
            "wanted": [uses.points[n] for n in changed],
            "points": [work.points[n] for n in changed],
            "why": [work.why[n] for n in changed],
            "moves": [told.get(n, nothing)[0] for n in changed],
            "moved": [told.get(n, nothing)[1] for n in changed],
        },
    )


def _told(work: Work, n: int, moves: Moves) -> tuple[str | None, str | None]:
    """Return a use's moves as they are stored: what is one move under the use's own key, and whole,
    needs no words."""
    keys, moved = moves[n]
    if not keys or (keys == [work.uses.key[n]] and moved == [work.points[n]] and moved[0]):
        return None, None
    return "{" + ",".join(map(str, keys)) + "}", "{" + ",".join(map(str, moved)) + "}"
