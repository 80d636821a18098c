"""Using a month's allowance: bringing what is posted of each use to what it should be."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from citycard.entitlements.allowances_booking import post_uses
from citycard.entitlements.allowances_pricing import Priced
from citycard.entitlements.allowances_spending import mark_of
from citycard.entitlements.allowances_table import MonthlyUnit
from citycard.entitlements.allowances_taking import Wish, take
from citycard.entitlements.allowances_values import AllowanceUse, UseColumns, UseSet, Why
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
    After the days of grace, or where the lot has lapsed by another's clock already, uses get only
    what others of the same batch give back. The same again changes nothing.

    :returns: one row a use, in order
    """
    require_unit_of_work()
    if not uses:
        return []
    work = open_work(_columns(uses), actor, now)
    _decide(work)
    post_uses(work)
    return [_answer(work, n) for n in range(len(uses))]


def _columns(uses: Sequence[AllowanceUse]) -> UseColumns:
    return UseColumns(**{name: [getattr(one, name) for one in uses] for name in _NAMES})


_NAMES = tuple(each.name for each in fields(UseColumns))


def set_use_columns(*, uses: UseColumns, actor: Actor, now: dt.datetime) -> Sequence[int]:
    """Do as ``set_uses`` for uses that stand in columns.

    :returns: what is posted of each use now, in order
    """
    require_unit_of_work()
    if not uses.key:
        return []
    work = open_work(uses, actor, now)
    _decide(work)
    post_uses(work)
    return work.points


def set_priced(
    priced: Sequence[tuple[AllowanceUse, Priced]], actor: Actor, now: dt.datetime
) -> tuple[list[UseSet], frozenset[uuid.UUID]]:
    """Do as ``set_uses`` for uses at tills, and keep with each what was answered of its price.

    :returns: one row a use, in order, and the keys of those that were kept
    """
    uses = _columns([use for use, _ in priced])
    work = open_work(uses, actor, now, [price for _, price in priced])
    _decide(work)
    kept = post_uses(work)
    answers = [_answer(work, n) for n in range(len(priced))]
    return answers, frozenset(uses.key[n] for n in kept)


def _decide(work: Work) -> None:
    wishes: dict[Key, list[Wish]] = defaultdict(list)
    seen: set[uuid.UUID] = set()
    caps = _Caps(work)
    plain = not work.stored and len(set(work.uses.key)) == len(work.keys)
    for n, key in enumerate(work.keys):
        why = "" if plain and key in work.purses else _why_not(work, n, seen)
        if not why:
            wishes[key].append(_wish(work, n, caps))
        elif why != "key_used":
            work.points[n] = 0
        work.why[n] = why
    for key, own in wishes.items():
        for n, (points, short) in take(work.purses[key], own).items():
            work.points[n], work.why[n] = points, short


def _why_not(work: Work, n: int, seen: set[uuid.UUID]) -> Why:
    key, name = work.keys[n], work.uses.key[n]
    stored = work.stored.get(name)
    if name in seen or (stored is not None and not _is_of(stored, work.uses, n)):
        return "key_used"
    if key in work.purses:
        seen.add(name)
        return ""
    unit = work.table.units.get(key[1])
    today = current_pack().time.day(work.now)
    return "too_late" if unit and today > unit.heard_until(key[0]) else "no_allowance"


def _is_of(stored: Any, uses: UseColumns, n: int) -> bool:
    return (stored.member_id, stored.unit, stored.category, stored.into_code) == (
        uses.member_id[n],
        uses.unit[n],
        uses.category[n],
        mark_of(uses.into[n], uses.unit[n]),
    )


def _wish(work: Work, n: int, caps: "_Caps") -> Wish:
    uses, key = work.uses, work.keys[n]
    cap, limit = caps.of(key, uses.category[n], work.days[n])
    return Wish(n, work.days[n], uses.points[n], work.had[n], cap, limit, uses.whole[n])


class _Caps:
    """What bounds one use, by right, category and day: few of many uses' differ."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._known: dict[Any, tuple[int | None, str | None]] = {}

    def of(self, key: Key, category: str, day: dt.date) -> tuple[int | None, str | None]:
        """Return the most that a use may take and the part of the month that it belongs to."""
        right = self._work.stands[key].entitlement
        known_by = (key[1], right, category, day)
        if known_by not in self._known:
            unit = self._work.table.units[key[1]]
            limit = unit.limit_of.get(category)
            cap = cap_of(unit, right, category, day)
            self._known[known_by] = cap, limit.code if limit else None
        return self._known[known_by]


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
    purse = work.purses.get(work.keys[n])
    return UseSet(
        key=work.uses.key[n],
        points=work.points[n],
        change=work.points[n] - work.had[n],
        why=work.why[n],
        left=purse.left if purse else 0,
    )
