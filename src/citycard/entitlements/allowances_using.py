"""Using a month's allowance: bringing what is posted of each use to what it should be."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from citycard.entitlements.allowances_booking import post_uses
from citycard.entitlements.allowances_table import MonthlyUnit
from citycard.entitlements.allowances_taking import Wish, take
from citycard.entitlements.allowances_values import AllowanceUse, UseSet, Why
from citycard.entitlements.allowances_work import Key, Work, open_work
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.rules.api import NotYetInForce


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
    work = open_work(uses, actor, now)
    _decide(work)
    post_uses(work)
    return [_answer(work, n) for n in range(len(uses))]


def _decide(work: Work) -> None:
    wishes: dict[Key, list[Wish]] = defaultdict(list)
    seen: set[uuid.UUID] = set()
    for n, (key, use) in enumerate(zip(work.keys, work.uses, strict=True)):
        why = _why_not(work, key, use, seen)
        if why:
            work.given[n] = (work.had(use.key) if why == "key_used" else 0), why
        else:
            seen.add(use.key)
            wishes[key].append(_wish(work, n, key, use))
    for key, own in wishes.items():
        work.given.update(take(work.purses[key], own))


def _why_not(work: Work, key: Key, use: AllowanceUse, seen: set[uuid.UUID]) -> Why:
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


def _wish(work: Work, n: int, key: Key, use: AllowanceUse) -> Wish:
    unit = work.table.units[use.unit]
    limit = unit.limit_of.get(use.category)
    return Wish(
        n=n,
        day=work.days[n],
        points=use.points,
        had=work.had(use.key),
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


def _answer(work: Work, n: int) -> UseSet:
    points, why = work.given[n]
    purse = work.purses.get(work.keys[n])
    had = work.had(work.uses[n].key)
    return UseSet(
        key=work.uses[n].key,
        points=points,
        change=0 if why == "key_used" else points - had,
        why=why,
        left=purse.left if purse else 0,
    )
