"""Using a month's allowance: bringing what is posted of each use to what it should be."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from citycard.entitlements.allowances_granting import AHEAD, insert_new, lock
from citycard.entitlements.allowances_posting import (
    CORRECTED,
    TAKEN_BACK,
    USED,
    Change,
    begins,
    correction_key,
    last_day,
    post_changes,
)
from citycard.entitlements.allowances_table import AllowanceTable, MonthlyUnit, allowance_table
from citycard.entitlements.allowances_taking import Purse, Wish, spread_back, take
from citycard.entitlements.allowances_values import AllowanceUse, UseSet, Why
from citycard.infra.database import execute, rows, statement
from citycard.infra.packs import current_pack
from citycard.infra.partitions import ensure_month
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from citycard.rules.api import NotYetInForce

Key = tuple[dt.date, str, int]
"""A person's month: first day, unit, member."""


@dataclass(slots=True)
class _Work:
    """One batch: what stands, what is decided, what is to be posted."""

    table: AllowanceTable
    uses: Sequence[AllowanceUse]
    days: list[dt.date]
    now: dt.datetime
    actor: Actor
    keys: list[Key] = field(default_factory=list)
    stands: dict[Key, Any] = field(default_factory=dict)
    stored: dict[uuid.UUID, Any] = field(default_factory=dict)
    purses: dict[Key, Purse] = field(default_factory=dict)
    given: dict[int, tuple[int, Why]] = field(default_factory=dict)
    granted: list[tuple[Key, Change]] = field(default_factory=list)


def set_uses(*, uses: Sequence[AllowanceUse], actor: Actor, now: dt.datetime) -> list[UseSet]:
    """Bring what is posted of each use to its ``points``: spend more, take back a part, or leave
    it.

    A use belongs to the month of its local time. A month that was not granted yet is granted now.
    More than a month's amount, than a part of it (``limits``) or than a use's cap is never posted,
    whoever else spends at the same moment; what a batch takes back is there for its other uses.
    After the days of grace uses get only what others of the same batch give back. The same again
    changes nothing.

    :returns: one row a use, in order
    """
    require_unit_of_work()
    if not uses:
        return []
    day_of = current_pack().time.day
    work = _Work(allowance_table(), uses, [day_of(use.at) for use in uses], now, actor)
    work.keys = [
        (day.replace(day=1), use.unit, use.member_id)
        for day, use in zip(work.days, uses, strict=True)
    ]
    _open_months(work)
    _lock(work)
    _decide(work)
    _post(work)
    return [_answer(work, n) for n in range(len(uses))]


def _open_months(work: _Work) -> None:
    """Write the allowances that nobody has granted yet."""
    months: dict[tuple[dt.date, str], set[int]] = defaultdict(set)
    for month, code, member in work.keys:
        if code in work.table.units:
            months[month, code].add(member)
    today = current_pack().time.day(work.now)
    for (month, code), members in sorted(months.items()):
        unit = work.table.units[code]
        if begins(month) <= work.now + AHEAD and today <= unit.heard_until(month):
            new = insert_new(work.table, unit, month, sorted(members), work.now, work.actor)
            work.granted += [((month, code, one.member_id), one) for one in new.changes]


def _lock(work: _Work) -> None:
    """Lock the persons' months in order, and read what is posted of each use."""
    today = current_pack().time.day(work.now)
    for one in lock(sorted(set(work.keys))):
        key = (one.month, one.unit, one.member_id)
        closed = today > work.table.units[one.unit].heard_until(one.month)
        work.stands[key] = one
        work.purses[key] = Purse(one.amount, one.used, one.starts_on, one.ends_on, closed)
    columns = [[key[0] for key in work.keys], [use.key for use in work.uses]]
    for one in rows(statement(__file__, "allowance_uses"), columns):
        work.stored[one.key] = one
    _read_parts(work)


def _read_parts(work: _Work) -> None:
    """Read what is used of the parts of months that have some, for those who ask for them."""
    asked: dict[tuple[Key, str], None] = {}
    for key, use in zip(work.keys, work.uses, strict=True):
        unit = work.table.units.get(use.unit)
        limit = unit.limit_of.get(use.category) if unit else None
        most = limit.at(key[0]) if limit else None
        if limit is None or most is None or key not in work.purses:
            continue
        work.purses[key].by_limit.setdefault(limit.code, [0, most])
        for category in sorted(limit.on):
            asked[key, category] = None
    if not asked:
        return
    columns = [list(column) for column in zip(*((*key, c) for key, c in asked), strict=True)]
    for one in rows(statement(__file__, "allowance_parts"), columns):
        limit = work.table.units[one.unit].limit_of[one.category]
        work.purses[one.month, one.unit, one.member_id].by_limit[limit.code][0] += one.points


def _decide(work: _Work) -> None:
    wishes: dict[Key, list[Wish]] = defaultdict(list)
    seen: set[uuid.UUID] = set()
    for n, (key, use) in enumerate(zip(work.keys, work.uses, strict=True)):
        why = _why_not(work, key, use, seen)
        if why:
            work.given[n] = (_had(work, use.key) if why == "key_used" else 0), why
        else:
            seen.add(use.key)
            wishes[key].append(_wish(work, n, key, use))
    for key, own in wishes.items():
        work.given.update(take(work.purses[key], own))


def _why_not(work: _Work, key: Key, use: AllowanceUse, seen: set[uuid.UUID]) -> Why:
    stored = work.stored.get(use.key)
    if use.key in seen or (stored is not None and not _is_of(stored, use)):
        return "key_used"
    if key in work.purses:
        return ""
    unit = work.table.units.get(use.unit)
    today = current_pack().time.day(work.now)
    return "too_late" if unit and today > unit.heard_until(key[0]) else "no_allowance"


def _is_of(stored: Any, use: AllowanceUse) -> bool:
    return (stored.member_id, stored.unit, stored.category, stored.into_code) == (
        use.member_id,
        use.unit,
        use.category,
        use.into.mark,
    )


def _had(work: _Work, key: uuid.UUID) -> int:
    stored = work.stored.get(key)
    return int(stored.points) if stored is not None else 0


def _wish(work: _Work, n: int, key: Key, use: AllowanceUse) -> Wish:
    unit = work.table.units[use.unit]
    limit = unit.limit_of.get(use.category)
    return Wish(
        n=n,
        day=work.days[n],
        points=use.points,
        had=_had(work, use.key),
        cap=cap_of(unit, work.stands[key].entitlement, use.category, work.days[n]),
        limit=limit.code if limit else None,
        whole=use.whole,
    )


def cap_of(unit: MonthlyUnit, entitlement: str, category: str, day: dt.date) -> int | None:
    """Return the most that one use of a category may take on a day, if the pack has a cap for
    everybody."""
    dated = unit.spends(entitlement, category)
    if dated is None:
        return None
    try:
        version = dated.version(day)
    except NotYetInForce:
        return 0
    row = version[0]
    if row.when is not None:
        return None
    return 0 if row.payload.get("none") else row.payload.get("cap")


def _post(work: _Work) -> None:
    used: dict[Key, int] = defaultdict(int)
    changed: list[int] = []
    for n, (points, _) in work.given.items():
        change = points - _had(work, work.uses[n].key)
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


def _is_news(work: _Work, n: int) -> bool:
    """Tell whether a use differs from what is stored of it."""
    use, (points, why) = work.uses[n], work.given[n]
    if why == "key_used" or work.keys[n] not in work.purses:
        return False
    stored = work.stored.get(use.key)
    if stored is None:
        return True
    return (stored.points, stored.wanted, stored.why) != (points, use.points, why)


def _topped(
    work: _Work, used: Mapping[Key, int]
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


def _post_lots(work: _Work, changes: Sequence[tuple[Key, Change]]) -> None:
    by_month: dict[tuple[dt.date, str], list[Change]] = defaultdict(list)
    for (month, unit, _), change in changes:
        by_month[month, unit].append(change)
    for (month, unit), own in sorted(by_month.items(), key=lambda each: each[0]):
        short = post_changes(unit=unit, month=month, changes=own, actor=work.actor, now=work.now)
        assert not short, "a lot gave back less than lay in it"


Moves = dict[int, tuple[list[uuid.UUID], list[int]]]
"""Place of a use → its moves, and what is left of each."""


def _take_back(work: _Work, changed: Sequence[int]) -> Moves:
    moves: Moves = {}
    reversals = []
    for n in changed:
        use, stored = work.uses[n], work.stored.get(work.uses[n].key)
        keys, moved = (list(stored.moves), list(stored.moved)) if stored else ([], [])
        moves[n] = keys, moved
        revision = _revision(stored)
        back = _had(work, use.key) - work.given[n][0]
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


def _spend(work: _Work, changed: Sequence[int], moves: Moves) -> Moves:
    spent = []
    for n in changed:
        use, stored = work.uses[n], work.stored.get(work.uses[n].key)
        more = work.given[n][0] - _had(work, use.key)
        if more > 0:
            key = fact_key(use.at, USED, use.key, _revision(stored))
            moves[n][0].append(key)
            moves[n][1].append(more)
            spent.append(_as_move(work, n, key, more))
    _require_posted(ledger.move_many(moves=spent, actor=work.actor, now=work.now) if spent else ())
    return moves


def _as_move(work: _Work, n: int, key: uuid.UUID, points: int) -> ledger.Move:
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


def _write_months(work: _Work, used: Mapping[Key, int], topped: set[Key]) -> None:
    changed = {key: change for key, change in used.items() if change or key in topped}
    if changed:
        columns = [list(column) for column in zip(*changed, strict=True)]
        execute(
            statement(__file__, "allowance_used"),
            [*columns, list(changed.values()), [key in topped for key in changed]],
        )


def _write_uses(work: _Work, changed: Sequence[int], moves: Moves) -> None:
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


def _answer(work: _Work, n: int) -> UseSet:
    points, why = work.given[n]
    purse = work.purses.get(work.keys[n])
    had = _had(work, work.uses[n].key)
    return UseSet(
        key=work.uses[n].key,
        points=points,
        change=0 if why == "key_used" else points - had,
        why=why,
        left=purse.left if purse else 0,
    )
