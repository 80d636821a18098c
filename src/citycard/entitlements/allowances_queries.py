"""Reads of monthly allowances: for flows that decide, for their owner, for an agency's month."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from citycard.entitlements import allowances_rights
from citycard.entitlements.allowances_posting import last_day
from citycard.entitlements.allowances_table import allowance_table
from citycard.entitlements.allowances_values import Allowance, MonthAmount
from citycard.infra.database import rows, statement
from citycard.kernel.access import Access

ALLOWANCES_FIELD = "points"
"""The field of the pack's purposes under which allowances are read."""
USES_FIELD = "points_history"
"""The field under which single uses are read."""


def allowances_of(
    *, access: Access, member_ids: Sequence[int], month: dt.date
) -> dict[int, list[Allowance]]:
    """Return the allowances of a month that were granted to members; those without one: empty.

    :param month: its first day
    :raises AccessTooNarrow: the access doesn't cover ``points`` of these members
    """
    access.require(ALLOWANCES_FIELD, members=member_ids)
    return machine_allowances(member_ids=member_ids, month=month)


def machine_allowances(*, member_ids: Sequence[int], month: dt.date) -> dict[int, list[Allowance]]:
    """Return the allowances of a month for a flow's own decision; never for a page."""
    found: dict[int, list[Allowance]] = {member: [] for member in member_ids}
    asked = [month, list(found)]
    for one in rows(statement(__file__, "allowance_of"), asked):
        found[one.member_id].append(_allowance(one))
    used: dict[tuple[int, str], dict[str, int]] = defaultdict(dict)
    for one in rows(statement(__file__, "allowance_categories"), asked):
        used[one.member_id, one.unit][one.category] = one.points
    return {
        member: [replace(one, by_category=used[member, one.unit]) for one in own]
        for member, own in found.items()
    }


def month_amounts(
    *, member_ids: Sequence[int], month: dt.date, on: dt.date
) -> dict[int, list[MonthAmount]]:
    """Return what the rule gives members for a month, whatever was granted; for trials of rules.

    :param on: the day as of which rights that end count
    """
    table = allowance_table()
    found: dict[int, list[MonthAmount]] = {member: [] for member in member_ids}
    for code, unit in table.units.items():
        for member, one in allowances_rights.decide(table, unit, month, list(found), on).items():
            found[member].append(MonthAmount(code, one.standing, one.starts_on))
    return found


def _allowance(one: Any) -> Allowance:
    unit = allowance_table().units.get(one.unit)
    closed = unit is None
    last = last_day(one.month)
    return Allowance(
        member_id=one.member_id,
        unit=one.unit,
        month=one.month,
        entitlement=one.entitlement,
        fund=one.fund,
        amount=one.amount,
        used=one.used,
        left=0 if one.returned or closed else max(0, one.amount - one.used),
        starts_on=one.starts_on,
        ends_on=one.ends_on,
        last_day=last,
        heard_until=last if unit is None else unit.heard_until(one.month),
        decided_on=one.decided_on,
        because=json.loads(one.because),
        pack_hash=one.pack_hash,
    )
