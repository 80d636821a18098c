"""Granting a month: once a person, ahead or with the first use; a correction posts a difference."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citycard.entitlements import allowances_rights
from citycard.entitlements.allowances_deciding import Decided
from citycard.entitlements.allowances_posting import (
    CORRECTED,
    GRANTED,
    Change,
    begins,
    correction_key,
    funds_of,
    grant_key,
    post_changes,
)
from citycard.entitlements.allowances_table import AllowanceTable, MonthlyUnit, allowance_table
from citycard.entitlements.allowances_values import MonthGranted
from citycard.infra.database import execute, row, rows, scalar, statement
from citycard.infra.packs import current_pack
from citycard.infra.partitions import ensure_month
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.kernel.periods import next_month

A_CHUNK = 5000
AHEAD = dt.timedelta(hours=23)
"""A month may be granted on the day before it begins: the ledger books nothing further ahead."""


class MonthTooFarAhead(Refused):
    """The month {month} can be granted from the day before it begins."""

    code = "entitlements.month_too_far_ahead"


def grant_month(
    *,
    month: dt.date,
    member_ids: Sequence[int] | None = None,
    now: dt.datetime,
    actor: Actor,
    limit: int = A_CHUNK,
) -> MonthGranted:
    """Post a month's allowances by what is known now, and the differences to what was posted.

    The amount is the one of the pack's row on the deciding day (parameters ``subsidy_month_…``).
    Run again it changes nothing; when facts or the pack were corrected, it posts the difference.
    What was used stays used. A month whose days of grace are over is left as it is.

    :param month: its first day
    :param member_ids: whose; None: the next of the whole city, from where the last call ended, each
        person once a pack
    :param limit: about how many people of the whole city in one call
    :raises MonthTooFarAhead: it begins in more than a day
    """
    require_unit_of_work()
    if begins(month) > now + AHEAD:
        raise MonthTooFarAhead(month=month.isoformat())
    table = allowance_table()
    if not table.units:
        return MonthGranted(people=0, points=0, finished=True)
    if member_ids is not None:
        members = sorted(set(member_ids))
        return _summed(
            [_grant(table, unit, month, members, now, actor) for unit in _open(table, month, now)]
        )
    return _next_of_city(table, month, now, actor, limit)


def months_to_grant(*, now: dt.datetime) -> list[dt.date]:
    """Return the months that granting looks at: this one, the next on its eve, and the last one
    while its late uploads are heard, if it was granted at all."""
    table = allowance_table()
    today = current_pack().time.day(now)
    this = today.replace(day=1)
    months = [this]
    if begins(next_month(this)) <= now + AHEAD:
        months.append(next_month(this))
    last = (this - dt.timedelta(days=1)).replace(day=1)
    if _open(table, last, now) and _was_granted(last):
        months.insert(0, last)
    return months if table.units else []


def _was_granted(month: dt.date) -> bool:
    return bool(
        scalar("SELECT EXISTS (SELECT FROM entitlements_allowance WHERE month = %s)", [month])
    )


def _summed(parts: Iterable[MonthGranted], *, finished: bool = True) -> MonthGranted:
    found = list(parts)
    return MonthGranted(
        people=sum(one.people for one in found),
        points=sum(one.points for one in found),
        finished=finished,
    )


def _open(table: AllowanceTable, month: dt.date, now: dt.datetime) -> list[MonthlyUnit]:
    """Return the units whose uses of a month are still heard."""
    today = current_pack().time.day(now)
    return [unit for unit in table.units.values() if today <= unit.heard_until(month)]


def _next_of_city(
    table: AllowanceTable, month: dt.date, now: dt.datetime, actor: Actor, limit: int
) -> MonthGranted:
    named = [month, table.pack_hash]
    execute(
        "INSERT INTO entitlements_allowance_run (month, pack_hash, up_to, granted)"
        " VALUES (%s, %s, 0, 0) ON CONFLICT DO NOTHING",
        named,
    )
    run = row(
        "SELECT up_to, finished_at FROM entitlements_allowance_run"
        " WHERE month = %s AND pack_hash = %s FOR UPDATE",
        named,
    )
    assert run is not None, "the run was just made"
    units = _open(table, month, now)
    if run.finished_at is not None or not units:
        return MonthGranted(people=0, points=0, finished=True)
    members = _members(units, month, run.up_to, limit)
    done = _summed(
        [_grant(table, unit, month, members, now, actor) for unit in units],
        finished=len(members) < limit,
    )
    execute(
        "UPDATE entitlements_allowance_run SET up_to = %s, granted = granted + %s,"
        " finished_at = %s WHERE month = %s AND pack_hash = %s",
        [max(members, default=run.up_to), done.people, now if done.finished else None, *named],
    )
    return done


def _members(units: Sequence[MonthlyUnit], month: dt.date, after: int, limit: int) -> list[int]:
    codes = sorted({code for unit in units for code in unit.rules})
    found = rows(
        statement(__file__, "allowance_members"),
        {
            "codes": codes,
            "month": month,
            "next": next_month(month),
            "after": after,
            "limit": limit,
        },
    )
    return [one.member_id for one in found]


def _grant(
    table: AllowanceTable,
    unit: MonthlyUnit,
    month: dt.date,
    members: Sequence[int],
    now: dt.datetime,
    actor: Actor,
) -> MonthGranted:
    new = insert_new(table, unit, month, members, now, actor)
    corrected = _correct(table, unit, month, sorted(set(members) - new.members), now, actor)
    changes = [*new.changes, *corrected.changes]
    short = post_changes(unit=unit.code, month=month, changes=changes, actor=actor, now=now)
    _write(table, unit, month, corrected, short, now, actor)
    posted = [one for one in changes if one.member_id not in short]
    people = len(new.members) + len(corrected.rows) - len(short)
    return MonthGranted(people=people, points=sum(one.points for one in posted), finished=True)


@dataclass(frozen=True, slots=True)
class New:
    """Allowances that were just written, with what is still to be posted for them."""

    members: frozenset[int]
    changes: Sequence[Change]


def insert_new(
    table: AllowanceTable,
    unit: MonthlyUnit,
    month: dt.date,
    members: Sequence[int],
    now: dt.datetime,
    actor: Actor,
) -> New:
    """Write the allowances of those who have none yet; who is at it at the same moment is waited
    for. Whose month stands has a place for its uses."""
    missing = _missing(unit, month, members)
    if not missing:
        return New(frozenset(), ())
    for parent in ("entitlements_allowance", "entitlements_allowance_use"):
        ensure_month(parent, month)
    today = current_pack().time.day(now)
    decided = allowances_rights.decide(table, unit, month, missing, today)
    if not decided:
        return New(frozenset(), ())
    funds = funds_of(unit, {one.entitlement for one in decided.values()}, actor, now)
    asked = {
        "month": month,
        "unit": unit.code,
        "pack_hash": table.pack_hash,
        "now": now,
        **_columns(decided),
        "funds": [funds[one.entitlement] for one in decided.values()],
    }
    found = rows(statement(__file__, "allowance_new"), asked)
    written = frozenset(one.member_id for one in found)
    changes = [
        Change(
            member,
            funds[one.entitlement],
            one.standing,
            grant_key(unit.code, one.entitlement, member, month),
            GRANTED,
        )
        for member, one in decided.items()
        if member in written and one.standing
    ]
    return New(written, changes)


def _missing(unit: MonthlyUnit, month: dt.date, members: Sequence[int]) -> list[int]:
    found = rows(
        "SELECT m.id FROM unnest(%s::bigint[]) AS m(id) WHERE NOT EXISTS ("
        "SELECT FROM entitlements_allowance a"
        " WHERE a.month = %s AND a.unit = %s AND a.member_id = m.id) ORDER BY m.id",
        [list(members), month, unit.code],
    )
    return [one.id for one in found]


def _columns(decided: Mapping[int, Decided]) -> dict[str, list[Any]]:
    each = list(decided.values())
    return {
        "members": list(decided),
        "rights": [one.entitlement for one in each],
        "amounts": [one.amount for one in each],
        "starts": [one.starts_on for one in each],
        "ends": [one.ends_on for one in each],
        "returned": [one.returned for one in each],
        "days": [one.decided_on for one in each],
        "because": [one.because for one in each],
    }


@dataclass(frozen=True, slots=True)
class _Corrected:
    """Allowances whose decision is another now; their rows are locked."""

    rows: Mapping[int, Any]
    decided: Mapping[int, Decided]
    changes: Sequence[Change]


def _correct(
    table: AllowanceTable,
    unit: MonthlyUnit,
    month: dt.date,
    members: Sequence[int],
    now: dt.datetime,
    actor: Actor,
) -> _Corrected:
    """Lock what stands, decide again by what is known now, and tell the differences."""
    locked = {one.member_id: one for one in lock([(month, unit.code, m) for m in members])}
    if not locked:
        return _Corrected({}, {}, ())
    today = current_pack().time.day(now)
    decided = allowances_rights.decide(table, unit, month, list(locked), today)
    other: dict[int, Decided] = {}
    for member, stands in locked.items():
        wanted = decided.get(member) or _nothing(stands, month)
        if not _same(stands, wanted):
            other[member] = wanted
    changes = [
        Change(
            member,
            locked[member].fund,
            max(one.standing, locked[member].used) - locked[member].granted,
            correction_key(unit.code, member, month, locked[member].revision + 1),
            CORRECTED,
        )
        for member, one in other.items()
    ]
    changes = [one for one in changes if one.points]
    return _Corrected({member: locked[member] for member in other}, other, changes)


def _nothing(stands: Any, month: dt.date) -> Decided:
    """Return the allowance of somebody who turns out to have no right in the month."""
    return Decided(stands.entitlement, 0, month, None, False, month, '{"no_right": true}')


def _same(stands: Any, wanted: Decided) -> bool:
    return (
        stands.entitlement,
        stands.amount,
        stands.starts_on,
        stands.ends_on,
        stands.returned,
    ) == (wanted.entitlement, wanted.amount, wanted.starts_on, wanted.ends_on, wanted.returned)


def lock(keys: Sequence[tuple[dt.date, str, int]]) -> list[Any]:
    """Lock allowances in order of month, unit and member, and return them as they stand."""
    if not keys:
        return []
    columns: list[list[Any]] = [list(column) for column in zip(*keys, strict=True)]
    return rows(statement(__file__, "allowance_lock"), [*columns, sorted(set(columns[0]))])


def _write(
    table: AllowanceTable,
    unit: MonthlyUnit,
    month: dt.date,
    corrected: _Corrected,
    short: frozenset[int],
    now: dt.datetime,
    actor: Actor,
) -> None:
    """Keep the decisions that were replaced and write the new ones, but for those whose lot had
    lapsed already."""
    decided = {m: one for m, one in corrected.decided.items() if m not in short}
    if not decided:
        return
    execute(
        statement(__file__, "allowance_correct"),
        {
            "month": month,
            "unit": unit.code,
            "pack_hash": table.pack_hash,
            "now": now,
            "actor": actor.id,
            **_columns(decided),
            "granted": [max(one.standing, corrected.rows[m].used) for m, one in decided.items()],
        },
    )
