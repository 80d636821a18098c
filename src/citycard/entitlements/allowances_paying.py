"""Paying at a till, a clinic or a venue: points first, then stored value, then cash."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence

from citycard.entitlements.allowances_pricing import Priced, points_for, rest
from citycard.entitlements.allowances_table import AllowanceTable, MonthlyUnit, allowance_table
from citycard.entitlements.allowances_using import set_priced
from citycard.entitlements.allowances_values import AllowanceUse, Paid, TillAsk, UseSet, Why
from citycard.infra.database import execute, rows, statement
from citycard.infra.packs import current_pack
from citycard.infra.partitions import ensure_month
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.ledger import api as ledger


def pay_at_tills(*, asks: Sequence[TillAsk], actor: Actor, now: dt.datetime) -> list[Paid]:
    """Take from people's monthly points what they pay of prices, and tell what remains to pay.

    The right that a person had on the day says how much points pay (``spends_on``); never more
    than the price, the rest of the month or of its part. Order: points, stored value, cash. What
    was answered is kept: ``paid_before`` tells it again.

    :returns: one row an ask, in order
    """
    require_unit_of_work()
    if not asks:
        return []
    table = allowance_table()
    day_of = current_pack().time.day
    days = [day_of(one.at) for one in asks]
    rights = _rights(asks, days)
    uses = [
        _use(table, one, day, rights.get((one.member_id, day), ()))
        for one, day in zip(asks, days, strict=True)
    ]
    together = [*zip(asks, days, uses, strict=True)]
    going = [(use, _priced(table, one, day, use)) for one, day, use in together if use is not None]
    found: Mapping[uuid.UUID, UseSet] = {}
    kept: frozenset[uuid.UUID] = frozenset()
    if going:
        answers, kept = set_priced(going, actor, now)
        found = {one.key: one for one in answers}
    paid = [_paid(one, use, _priced(table, one, day, use), found) for one, day, use in together]
    left = [n for n, one in enumerate(asks) if one.key not in kept]
    _keep(left, asks, days, uses, paid, table, now)
    return paid


def asked_at_tills(*, asks: Sequence[TillAsk]) -> list[AllowanceUse | None]:
    """Return what the rights that people had on the day let points pay of prices, before what is
    left of the month counts; None where points don't pay for it. Takes nothing.

    :returns: one row an ask, in order
    """
    table, day_of = allowance_table(), current_pack().time.day
    days = [day_of(one.at) for one in asks]
    rights = _rights(asks, days)
    return [
        _use(table, one, day, rights.get((one.member_id, day), ()))
        for one, day in zip(asks, days, strict=True)
    ]


def paid_before(*, keys: Sequence[uuid.UUID], ats: Sequence[dt.datetime]) -> dict[uuid.UUID, Paid]:
    """Return what was answered at tills under some keys before, for taps that come again."""
    months = [current_pack().time.month(at) for at in ats]
    found = rows(statement(__file__, "allowance_paid"), [months, list(keys)])
    return {
        one.key: Paid(
            key=one.key,
            points=one.points,
            stored_value_ntd=one.stored_value_ntd,
            cash_ntd=one.cash_ntd,
            why=one.why,
        )
        for one in found
    }


def _rights(
    asks: Sequence[TillAsk], days: Sequence[dt.date]
) -> Mapping[tuple[int, dt.date], Sequence[str]]:
    found: dict[tuple[int, dt.date], list[str]] = defaultdict(list)
    columns = [[one.member_id for one in asks], list(days)]
    for one in rows(statement(__file__, "allowance_rights_on"), columns):
        found[one.member_id, one.day].append(one.entitlement)
    return found


def _use(
    table: AllowanceTable, ask: TillAsk, day: dt.date, rights: Sequence[str]
) -> AllowanceUse | None:
    for unit in table.units.values():
        for code in unit.rules:
            if code not in rights:
                continue
            asked = points_for(
                unit,
                code,
                ask.category,
                day=day,
                price_ntd=ask.price_ntd,
                quantity=ask.quantity,
            )
            if asked is not None:
                return AllowanceUse(
                    key=ask.key,
                    at=ask.at,
                    member_id=ask.member_id,
                    unit=unit.code,
                    category=ask.category,
                    points=asked.points,
                    into=ledger.partner(code=ask.agency, unit=unit.code),
                    whole=asked.whole,
                    service=ask.service,
                )
    return None


def _priced(table: AllowanceTable, ask: TillAsk, day: dt.date, use: AllowanceUse | None) -> Priced:
    each = table.units[use.unit].ntd_of_a_point(day) if use is not None else 1
    return Priced(ask.price_ntd, each, ask.purse_ntd)


def _paid(
    ask: TillAsk,
    use: AllowanceUse | None,
    priced: Priced,
    found: Mapping[uuid.UUID, UseSet],
) -> Paid:
    points, why = 0, "not_for_this"
    if use is not None:
        points, why = found[ask.key].points, found[ask.key].why
    stored_value, cash = rest(priced.price_ntd, points, priced.each_ntd, priced.purse_ntd)
    reason: Why = why  # type: ignore[assignment]  # both are one of Why
    return Paid(
        key=ask.key, points=points, stored_value_ntd=stored_value, cash_ntd=cash, why=reason
    )


def _keep(
    places: Sequence[int],
    asks: Sequence[TillAsk],
    days: Sequence[dt.date],
    uses: Sequence[AllowanceUse | None],
    paid: Sequence[Paid],
    table: AllowanceTable,
    now: dt.datetime,
) -> None:
    """Keep what was answered to those who had no month to pay with."""
    if not places:
        return
    asks, days = [asks[n] for n in places], [days[n] for n in places]
    uses, paid = [uses[n] for n in places], [paid[n] for n in places]
    unit: MonthlyUnit | None = next(iter(table.units.values()), None)
    for month in {day.replace(day=1) for day in days}:
        ensure_month("entitlements_allowance_use", month)
    execute(
        statement(__file__, "allowance_keep_paid"),
        {
            "now": now,
            "months": [day.replace(day=1) for day in days],
            "keys": [one.key for one in asks],
            "members": [one.member_id for one in asks],
            "units": [use.unit if use else unit.code if unit else "" for use in uses],
            "categories": [one.category for one in asks],
            "services": [one.service for one in asks],
            "ats": [one.at for one in asks],
            "wanted": [use.points if use else 0 for use in uses],
            "why": [one.why for one in paid],
            "prices": [one.price_ntd for one in asks],
            "stored": [one.stored_value_ntd for one in paid],
            "cash": [one.cash_ntd for one in paid],
        },
    )
