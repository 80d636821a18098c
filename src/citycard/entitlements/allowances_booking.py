"""Posting what a batch of uses came to: lots, moves, and the rows that tell of them."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from citycard.entitlements.allowances_posting import (
    CORRECTED,
    Change,
    correction_key,
    post_changes,
)
from citycard.entitlements.allowances_pricing import Priced, rest
from citycard.entitlements.allowances_spending import Moves, mark_of, moves_of, spend, take_back
from citycard.entitlements.allowances_work import Key, Work
from citycard.infra.database import execute, statement


def post_uses(work: Work) -> list[int]:
    """Post what was decided of each use, and keep it; returns the places of those that were."""
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
    _write(work, changed, moves, _of_months(used, raised, over))
    return changed


def _is_news(work: Work, n: int) -> bool:
    """Tell whether a use differs from what is stored of it."""
    if work.why[n] == "key_used" or work.keys[n] not in work.purses:
        return False
    stored = work.stored.get(work.uses.key[n])
    if stored is None or work.priced:
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


def _of_months(
    used: Mapping[Key, int], raised: Mapping[Key, int], over: Mapping[Key, int]
) -> dict[str, list[Any]]:
    keys = list({key: None for key in (*used, *raised, *over)})
    months, units, members = zip(*keys, strict=True) if keys else ((), (), ())
    return {
        "of_months": list(months),
        "those": sorted(set(months)),
        "of_units": list(units),
        "of_members": list(members),
        "changes": [used.get(key, 0) for key in keys],
        "revisions": [(key in raised) + (key in over) for key in keys],
    }


def _write(
    work: Work, changed: Sequence[int], moves: Moves, of_months: Mapping[str, list[Any]]
) -> None:
    if not changed:
        return
    uses = work.uses
    told = {n: _told(work, n, moves) for n in moves}
    nothing = None, None
    paid = [
        (one.price_ntd, *_rest(one, work.points[n]))
        for n in changed
        for one in work.priced[n : n + 1]
    ]
    prices, stored, cash = zip(*paid, strict=True) if paid else ((), (), ())
    execute(
        statement(__file__, "allowance_write"),
        {
            **of_months,
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
            "prices": list(prices),
            "stored": list(stored),
            "cash": list(cash),
        },
    )


def _rest(priced: Priced, points: int) -> tuple[int, int]:
    return rest(priced.price_ntd, points, priced.each_ntd, priced.purse_ntd)


def _told(work: Work, n: int, moves: Moves) -> tuple[str | None, str | None]:
    """Return a use's moves as they are stored: what is one move under the use's own key, and whole,
    needs no words."""
    keys, moved = moves[n]
    if not keys or (keys == [work.uses.key[n]] and moved == [work.points[n]] and moved[0]):
        return None, None
    return "{" + ",".join(map(str, keys)) + "}", "{" + ",".join(map(str, moved)) + "}"
