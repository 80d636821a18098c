"""One batch of uses: whose months they belong to, locked, and what stands of each."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from citycard.entitlements.allowances_granting import AHEAD, insert_new, lock
from citycard.entitlements.allowances_posting import Change, begins
from citycard.entitlements.allowances_table import AllowanceTable, allowance_table
from citycard.entitlements.allowances_taking import Purse
from citycard.entitlements.allowances_values import AllowanceUse, Why
from citycard.infra.database import rows, statement
from citycard.infra.packs import current_pack
from citycard.kernel.actors import Actor

Key = tuple[dt.date, str, int]
"""A person's month: first day, unit, member."""


@dataclass(slots=True)
class Work:
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

    def had(self, key: uuid.UUID) -> int:
        """Return what is posted of a use."""
        stored = self.stored.get(key)
        return int(stored.points) if stored is not None else 0


def open_work(uses: Sequence[AllowanceUse], actor: Actor, now: dt.datetime) -> Work:
    """Grant what is missing of the uses' months, lock them in order, and read what stands."""
    day_of = current_pack().time.day
    work = Work(allowance_table(), uses, [day_of(use.at) for use in uses], now, actor)
    work.keys = [
        (day.replace(day=1), use.unit, use.member_id)
        for day, use in zip(work.days, uses, strict=True)
    ]
    _open_months(work)
    _lock(work)
    return work


def _open_months(work: Work) -> None:
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


def _lock(work: Work) -> None:
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


def _read_parts(work: Work) -> None:
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
