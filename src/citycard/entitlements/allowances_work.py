"""One batch of uses: whose months they belong to, locked, and what stands of each."""

import datetime as dt
import functools
import uuid
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from citycard.entitlements.allowances_granting import AHEAD, insert_new, lock
from citycard.entitlements.allowances_posting import Change, begins
from citycard.entitlements.allowances_pricing import Priced
from citycard.entitlements.allowances_table import AllowanceTable, allowance_table
from citycard.entitlements.allowances_taking import Purse
from citycard.entitlements.allowances_values import UseColumns, Why
from citycard.infra.database import rows, statement
from citycard.infra.packs import current_pack
from citycard.kernel.actors import Actor
from citycard.kernel.periods import CityTime

Key = tuple[dt.date, str, int]
"""A person's month: first day, unit, member."""


@dataclass(slots=True)
class Work:
    """One batch: what stands, what is decided, what is to be posted; by place where it is a list.

    :ivar had: what is posted of each use before
    :ivar points: what each use is given in all; ``why`` says why less
    :ivar priced: the price of each, where all are at tills
    """

    table: AllowanceTable
    uses: UseColumns
    days: list[dt.date]
    keys: list[Key]
    now: dt.datetime
    actor: Actor
    priced: Sequence[Priced] = ()
    had: list[int] = field(default_factory=list)
    points: list[int] = field(default_factory=list)
    why: list[Why] = field(default_factory=list)
    stands: dict[Key, Any] = field(default_factory=dict)
    stored: dict[uuid.UUID, Any] = field(default_factory=dict)
    purses: dict[Key, Purse] = field(default_factory=dict)
    granted: list[tuple[Key, Change]] = field(default_factory=list)


def open_work(
    uses: UseColumns, actor: Actor, now: dt.datetime, priced: Sequence[Priced] = ()
) -> Work:
    """Grant what is missing of the uses' months, lock them in order, and read what stands."""
    days = local_days(uses.at)
    first = {day: day.replace(day=1) for day in set(days)}
    months = [first[day] for day in days]
    keys = list(zip(months, uses.unit, uses.member_id, strict=True))
    work = Work(allowance_table(), uses, days, keys, now, actor, priced)
    _open_months(work)
    _lock(work)
    _read_stored(work, months)
    _read_parts(work)
    return work


_FEW = 8
"""So few instants are turned into days one by one."""


def local_days(instants: Sequence[dt.datetime]) -> list[dt.date]:
    """Return the city's day of each instant: of many, by the midnights between them."""
    time = current_pack().time
    if len(instants) <= _FEW:
        return [time.day(at) for at in instants]
    first, last = time.day(min(instants)), time.day(max(instants))
    days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    midnights = [_midnight(time, day) for day in days[1:]]
    return [days[bisect_right(midnights, at)] for at in instants]


@functools.lru_cache(maxsize=1024)
def _midnight(time: CityTime, day: dt.date) -> dt.datetime:
    return time.midnight(day)


def _open_months(work: Work) -> None:
    """Write the allowances that nobody has granted yet."""
    months: dict[tuple[dt.date, str], list[int]] = defaultdict(list)
    for month, code, member in set(work.keys):
        if code in work.table.units:
            months[month, code].append(member)
    today = current_pack().time.day(work.now)
    for (month, code), members in sorted(months.items()):
        unit = work.table.units[code]
        if begins(month) <= work.now + AHEAD and today <= unit.heard_until(month):
            new = insert_new(work.table, unit, month, sorted(members), work.now, work.actor)
            work.granted += [((month, code, one.member_id), one) for one in new.changes]


def _lock(work: Work) -> None:
    """Lock the persons' months in order."""
    today = current_pack().time.day(work.now)
    closed: dict[tuple[dt.date, str], bool] = {}
    for one in lock(sorted(set(work.keys))):
        key = (one.month, one.unit, one.member_id)
        if key[:2] not in closed:
            closed[key[:2]] = today > work.table.units[one.unit].heard_until(one.month)
        work.stands[key] = one
        work.purses[key] = Purse(one.amount, one.used, one.starts_on, one.ends_on, closed[key[:2]])


def _read_stored(work: Work, months: list[dt.date]) -> None:
    """Read what is posted of each use."""
    keys = list(work.uses.key)
    found = rows(statement(__file__, "allowance_uses"), [months, keys, sorted(set(months))])
    stored = work.stored = {one.key: one for one in found}
    if stored:
        work.had = [stored[key].points if key in stored else 0 for key in keys]
    else:
        work.had = [0] * len(keys)
    work.points, work.why = list(work.had), [""] * len(keys)


def _read_parts(work: Work) -> None:
    """Read what is used of the parts of months that have some, for those who ask for them."""
    limited = {code for code, unit in work.table.units.items() if unit.limits}
    if limited.isdisjoint(work.uses.unit):
        return
    asked: dict[tuple[Key, str], None] = {}
    for key, category in zip(work.keys, work.uses.category, strict=True):
        unit = work.table.units.get(key[1])
        limit = unit.limit_of.get(category) if unit else None
        most = limit.at(key[0]) if limit else None
        if limit is None or most is None or key not in work.purses:
            continue
        work.purses[key].by_limit.setdefault(limit.code, [0, most])
        for each in sorted(limit.on):
            asked[key, each] = None
    if not asked:
        return
    columns = [list(column) for column in zip(*((*key, c) for key, c in asked), strict=True)]
    for one in rows(statement(__file__, "allowance_parts"), columns):
        limit = work.table.units[one.unit].limit_of[one.category]
        work.purses[one.month, one.unit, one.member_id].by_limit[limit.code][0] += one.points
