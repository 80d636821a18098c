"""The auditor's look at monthly allowances: what the rules say, what was granted, what was used."""

import datetime as dt

from citycard.entitlements import allowances_rights
from citycard.entitlements.allowances_table import AllowanceTable, MonthlyUnit, allowance_table
from citycard.infra.database import rows, statement
from citycard.infra.packs import current_pack
from citycard.kernel.findings import Finding

_A_CHUNK = 5000
_MOST = 100


def verify_allowances(*, now: dt.datetime) -> list[Finding]:
    """Return what doesn't add up: lots that differ from what was granted or used, uses beyond a
    month or its part, and, for the present month, amounts other than the rules say."""
    table = allowance_table()
    if not table.units:
        return []
    today = current_pack().time.day(now)
    found = [
        Finding(
            check="entitlements.allowance_moves",
            about=f"member {one.member_id}, {one.unit} {one.month:%Y-%m}",
            says=f"granted {one.granted}, used {one.used}; the books say {one.moved_in} and"
            f" {one.moved_out}, the uses {one.uses}",
        )
        for one in rows(statement(__file__, "allowance_verify"), {"units": list(table.units)})
    ]
    for unit in table.units.values():
        found += _beyond_parts(unit)
        found += _other_than_rules(table, unit, today)
    return found


def _beyond_parts(unit: MonthlyUnit) -> list[Finding]:
    asked = [
        (category, limit.code, day, amount)
        for limit in unit.limits.values()
        for category in sorted(limit.on)
        for day, amount in limit.each_month
    ]
    if not asked:
        return []
    columns = [list(column) for column in zip(*asked, strict=True)]
    return [
        Finding(
            check="entitlements.allowance_part",
            about=f"member {one.member_id}, {unit.code} {one.month:%Y-%m}",
            says=f"{one.points} used of {one.part}, no more than {one.most} may be",
        )
        for one in rows(statement(__file__, "allowance_verify_parts"), [*columns, unit.code])
    ]


def _other_than_rules(table: AllowanceTable, unit: MonthlyUnit, today: dt.date) -> list[Finding]:
    """Decide the present month of everybody again and compare."""
    month, after, found = today.replace(day=1), 0, list[Finding]()
    while len(found) < _MOST:
        stands = rows(
            "SELECT member_id, amount FROM entitlements_allowance WHERE month = %s AND unit = %s"
            " AND member_id > %s ORDER BY member_id LIMIT %s",
            [month, unit.code, after, _A_CHUNK],
        )
        if not stands:
            break
        after = stands[-1].member_id
        members = [one.member_id for one in stands]
        decided = allowances_rights.decide(table, unit, month, members, today)
        found += [
            Finding(
                check="entitlements.allowance_rule",
                about=f"member {one.member_id}, {unit.code} {month:%Y-%m}",
                says=f"granted by {one.amount}, the rule gives {amount}",
            )
            for one in stands
            for amount in [decided[one.member_id].amount if one.member_id in decided else 0]
            if amount != one.amount
        ]
    return found[:_MOST]
