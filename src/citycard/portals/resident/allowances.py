"""This month's allowance: how much, why so much, what was used where, until when."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.entitlements import api as entitlements
from citycard.infra.packs import current_pack
from citycard.infra.web import wording
from citycard.kernel.access import Access
from citycard.portals.naming import in_language, name_of

WHY_LESS = {
    "before_right": gettext_lazy("當時還沒有資格"),
    "after_right": gettext_lazy("當時資格已經終止"),
    "cap": gettext_lazy("超過單次上限"),
    "limit": gettext_lazy("超過這類用途的每月上限"),
    "used_up": gettext_lazy("本月點數不足"),
    "too_late": gettext_lazy("資料太晚送達"),
    "not_for_this": gettext_lazy("不能用在這裡"),
}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """An allowance as its holder reads it."""

    month: dt.date
    amount: str
    used: str
    left: str
    percent: int
    last_day: dt.date
    heard_until: dt.date
    right: str
    source: str
    reasons: list[str]
    categories: list[tuple[str, str]]
    uses: list[dict[str, Any]]


def of_month(access: Access, member_id: int, unit: str, on: dt.date) -> Shown | None:
    """Return the allowance of a day's month in one unit; None for a unit or person without one."""
    month = on.replace(day=1)
    found = entitlements.allowances_of(access=access, member_ids=[member_id], month=month)
    one = next((one for one in found[member_id] if one.unit == unit), None)
    if one is None:
        return None
    uses = entitlements.allowance_uses(
        access=access, member_id=member_id, unit=unit, month=month, limit=30
    )
    return Shown(
        month=month,
        amount=wording.points(one.amount),
        used=wording.points(one.used),
        left=wording.points(one.left),
        percent=min(100, 100 * one.used // one.amount) if one.amount else 0,
        last_day=one.last_day,
        heard_until=one.heard_until,
        right=name_of("entitlement", one.entitlement),
        source=str(current_pack().table("entitlements")[one.entitlement]["source"]),
        reasons=_reasons(one),
        categories=[
            (_category(unit, code), wording.points(points))
            for code, points in sorted(one.by_category.items(), key=lambda each: -each[1])
        ],
        uses=[_use(unit, each) for each in uses],
    )


def _reasons(one: entitlements.Allowance) -> list[str]:
    """Say why it is so much: the day and what counted on it, and what of the month counts."""
    facts, day = one.because.get("facts", {}), f"{one.decided_on:%Y/%m/%d}"
    said = []
    if one.because.get("no_right"):
        return [_("這個月沒有這項資格。")]
    if district := facts.get("registered_district"):
        said.append(
            _("依 %(day)s 的戶籍：%(district)s")
            % {"day": day, "district": name_of("district", str(district))}
        )
    else:
        said.append(_("依 %(day)s 的資料") % {"day": day})
    for key, sentence in (
        ("begun", _("資格自 %(day)s 開始")),
        ("ended", _("資格到 %(day)s 終止")),
        ("died", _("資格到 %(day)s 終止")),
    ):
        if key in one.because:
            day = dt.date.fromisoformat(one.because[key]).strftime("%Y/%m/%d")
            said.append(sentence % {"day": day})
    if (gives := one.because.get("gives")) is not None and gives != one.amount:
        said.append(_("每月 %(points)s，依天數計") % {"points": wording.points(int(gives))})
    return said


def _use(unit: str, one: entitlements.AllowanceUsed) -> dict[str, Any]:
    rest = [
        _("儲值金 %(ntd)s 元") % {"ntd": wording.number(one.stored_value_ntd or 0)}
        if one.stored_value_ntd
        else "",
        _("現金 %(ntd)s 元") % {"ntd": wording.number(one.cash_ntd or 0)} if one.cash_ntd else "",
    ]
    return {
        "at": one.at,
        "what": name_of("service", one.service) if one.service else _category(unit, one.category),
        "where": name_of("partner", one.partner) if one.partner else "",
        "points": wording.points(one.points),
        "why": WHY_LESS.get(one.why, "") if one.points < one.wanted or one.why else "",
        "rest": "、".join(each for each in rest if each),
    }


def _category(unit: str, code: str) -> str:
    monthly = current_pack().table("points")["units"].get(unit, {}).get("monthly", {})
    names = monthly.get("categories", {}).get(code)
    return in_language(names) if names else code
