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
from citycard.entitlements.allowances_values import (
    Allowance,
    AllowanceFigures,
    AllowanceUsed,
    CategoryFigure,
    MonthAmount,
)
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
    at_tills: dict[tuple[int, str], int] = defaultdict(int)
    for one in rows(statement(__file__, "allowance_categories"), asked):
        used[one.member_id, one.unit][one.category] = one.points
        at_tills[one.member_id, one.unit] += one.at_tills
    return {
        member: [
            replace(one, by_category=used[member, one.unit], at_tills=at_tills[member, one.unit])
            for one in own
        ]
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


def allowance_uses(
    *, access: Access, member_id: int, unit: str, month: dt.date, limit: int = 100
) -> list[AllowanceUsed]:
    """Return what a member's allowance of a month was used for, the latest first.

    :raises AccessTooNarrow: the access doesn't cover ``points_history`` of this member
    """
    access.require(USES_FIELD, members=[member_id])
    found = rows(statement(__file__, "allowance_uses_of"), [member_id, month, unit, limit])
    return [
        AllowanceUsed(
            key=one.key,
            at=one.at,
            category=one.category,
            service=one.service,
            partner=one.into_code.rpartition("|")[2],
            points=one.points,
            wanted=one.wanted,
            why=one.why,
            price_ntd=one.price_ntd,
            stored_value_ntd=one.stored_value_ntd,
            cash_ntd=one.cash_ntd,
        )
        for one in found
    ]


def rights_that_give_each_month() -> frozenset[str]:
    """Return the rights that give an allowance, by the active pack."""
    return frozenset(code for unit in allowance_table().units.values() for code in unit.rules)


def gives_each_month(*, agencies: Sequence[str]) -> bool:
    """Tell whether a right of some agencies gives an allowance, by the active pack."""
    rules = (rule for unit in allowance_table().units.values() for rule in unit.rules.values())
    return any(rule.settings["agency"] in agencies for rule in rules)


def allowance_figures(*, month: dt.date, agencies: Sequence[str]) -> list[AllowanceFigures]:
    """Return what agencies' rights gave in a month and what it was used for; sums, nobody's name.

    Callers that show them hide what speaks of a handful (``insight.parted``).
    """
    found = []
    for unit in allowance_table().units.values():
        codes = [c for c, rule in unit.rules.items() if rule.settings["agency"] in agencies]
        if codes:
            (whole,) = rows(statement(__file__, "allowance_month"), [month, unit.code, codes])
            parts = rows(
                statement(__file__, "allowance_month_categories"), [month, unit.code, codes]
            )
            found.append(
                AllowanceFigures(
                    unit=unit.code,
                    **whole._asdict(),
                    categories=tuple(CategoryFigure(**part._asdict()) for part in parts),
                )
            )
    return found
