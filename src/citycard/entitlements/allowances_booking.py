"""Posting what a batch of uses came to: lots, moves, and the rows that tell of them."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from citycard.entitlements.allowances_posting import (
    CORRECTED,
    TAKEN_BACK,
    USED,
    Change,
    correction_key,
    last_day,
    post_changes,
)
from citycard.entitlements.allowances_taking import spread_back
from citycard.entitlements.allowances_work import Key, Work
from citycard.infra.database import execute, statement
from citycard.infra.partitions import ensure_month
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger


def post_uses(work: Work) -> None:
    """Post what was decided of each use, and keep it."""
    used: dict[Key, int] = defaultdict(int)
    changed: list[int] = []
    for n, (points, _) in work.given.items():
        change = points - work.had(work.uses[n].key)
        if change and work.given[n][1] != "key_used":
            used[work.keys[n]] += change
        if _is_news(work, n):
            changed.append(n)
    before, after = _topped(work, used)
    _post_lots(work, [*work.granted, *before])
    moves = _take_back(work, changed)
    moves = _spend(work, changed, moves)
    _post_lots(work, after)
    _write_months(work, used, {key for key, _ in (*before, *after)})
    _write_uses(work, changed, moves)


def _is_news(work: Work, n: int) -> bool:
    """Tell whether a use differs from what is stored of it."""
    use, (points, why) = work.uses[n], work.given[n]
    if why == "key_used" or work.keys[n] not in work.purses:
        return False
    stored = work.stored.get(use.key)
    if stored is None:
        return True
    return (stored.points, stored.wanted, stored.why) != (points, use.points, why)


def _topped(
    work: Work, used: Mapping[Key, int]
) -> tuple[list[tuple[Key, Change]], list[tuple[Key, Change]]]:
    """Return what lots need before the uses are posted, and what they give back after: what was
    used stays granted although less is given now."""
    before: list[tuple[Key, Change]] = []
    after: list[tuple[Key, Change]] = []
    for key, change in used.items():
        stands = work.stands[key]
        standing = 0 if stands.returned else stands.amount
        points = max(standing, stands.used + change) - stands.granted
        if points:
            name = correction_key(key[1], key[2], key[0], stands.revision + 1)
            topped = (key, Change(key[2], stands.fund, points, name, CORRECTED))
            (before if points > 0 else after).append(topped)
    return before, after


def _post_lots(work: Work, changes: Sequence[tuple[Key, Change]]) -> None:
    by_month: dict[tuple[dt.date, str], list[Change]] = defaultdict(list)
    for (month, unit, _), change in changes:
        by_month[month, unit].append(change)
    for (month, unit), own in sorted(by_month.items(), key=lambda each: each[0]):
        short = post_changes(unit=unit, month=month, changes=own, actor=work.actor, now=work.now)
        assert not short, "a lot gave back less than lay in it"


Moves = dict[int, tuple[list[uuid.UUID], list[int]]]
"""Place of a use → its moves, and what is left of each."""


def _take_back(work: Work, changed: Sequence[int]) -> Moves:
    moves: Moves = {}
    reversals = []
    for n in changed:
        use, stored = work.uses[n], work.stored.get(work.uses[n].key)
        keys, moved = (list(stored.moves), list(stored.moved)) if stored else ([], [])
        moves[n] = keys, moved
        revision = _revision(stored)
        back = work.had(use.key) - work.given[n][0]
        for place, points in spread_back(moved, back) if back > 0 else ():
            moved[place] -= points
            reversals.append(
                ledger.Reversal(
                    key=fact_key(use.at, TAKEN_BACK, use.key, revision, place),
                    of=keys[place],
                    kind=TAKEN_BACK,
                    at=use.at,
                    amount=points,
                    ref=use.ref or f"allowance:{use.category}",
                )
            )
    if reversals:
        _require_posted(ledger.reverse_many(reversals=reversals, actor=work.actor, now=work.now))
    return moves


def _revision(stored: Any) -> int:
    """Return the number of the revision that this batch makes of a use."""
    return int(stored.revision) + 1 if stored is not None else 0


def _spend(work: Work, changed: Sequence[int], moves: Moves) -> Moves:
    spent = []
    for n in changed:
        use, stored = work.uses[n], work.stored.get(work.uses[n].key)
        more = work.given[n][0] - work.had(use.key)
        if more > 0:
            key = fact_key(use.at, USED, use.key, _revision(stored))
            moves[n][0].append(key)
            moves[n][1].append(more)
            spent.append(_as_move(work, n, key, more))
    _require_posted(ledger.move_many(moves=spent, actor=work.actor, now=work.now) if spent else ())
    return moves


def _as_move(work: Work, n: int, key: uuid.UUID, points: int) -> ledger.Move:
    use, (month, unit, member) = work.uses[n], work.keys[n]
    lot = ledger.member(
        holder=member,
        unit=unit,
        fund=work.stands[month, unit, member].fund,
        expires_on=last_day(month),
    )
    return ledger.Move(
        key=key,
        kind=USED,
        at=use.at,
        transfers=[ledger.Transfer(source=lot, target=use.into, amount=points)],
        ref=use.ref or f"allowance:{use.category}",
    )


def _require_posted(posted: Sequence[ledger.Posted]) -> None:
    refused = next((one.refusal for one in posted if one.outcome != "posted"), None)
    assert refused is None, f"what an allowance decided was refused by the ledger: {refused}"


def _write_months(work: Work, used: Mapping[Key, int], topped: set[Key]) -> None:
    changed = {key: change for key, change in used.items() if change or key in topped}
    if changed:
        columns = [list(column) for column in zip(*changed, strict=True)]
        execute(
            statement(__file__, "allowance_used"),
            [*columns, list(changed.values()), [key in topped for key in changed]],
        )


def _write_uses(work: Work, changed: Sequence[int], moves: Moves) -> None:
    if not changed:
        return
    for month in {work.keys[n][0] for n in changed}:
        ensure_month("entitlements_allowance_use", month)
    uses = [work.uses[n] for n in changed]
    execute(
        statement(__file__, "allowance_write_uses"),
        {
            "now": work.now,
            "months": [work.keys[n][0] for n in changed],
            "keys": [use.key for use in uses],
            "members": [use.member_id for use in uses],
            "units": [use.unit for use in uses],
            "categories": [use.category for use in uses],
            "services": [use.service for use in uses],
            "ats": [use.at for use in uses],
            "into": [use.into.mark for use in uses],
            "wanted": [use.points for use in uses],
            "points": [work.given[n][0] for n in changed],
            "why": [work.given[n][1] for n in changed],
            "moves": ["{" + ",".join(map(str, moves[n][0])) + "}" for n in changed],
            "moved": ["{" + ",".join(map(str, moves[n][1])) + "}" for n in changed],
        },
    )
