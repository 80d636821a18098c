"""What is said of policies: levers, modes, ages, guesses, states."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from citycard.fares import api as fares
from citycard.infra.packs import Text, current_pack
from citycard.portals.naming import in_language, name_of

NO_TARIFF = "-"


def lever_groups(levers: Sequence[fares.Lever], form: Any) -> list[dict[str, Any]]:
    """Put levers together by what they are about, each with its field."""
    groups: list[dict[str, Any]] = []
    for n, lever in enumerate(levers):
        about = in_language(lever.about)
        if not groups or groups[-1]["name"] != about:
            groups.append({"name": about, "levers": []})
        groups[-1]["levers"].append(
            {"lever": lever, "name": _what(lever), "field": form[f"lever_{n}"]}
        )
    return groups


def lever_name(lever: fares.Lever) -> str:
    """Name a lever with what it is about."""
    return f"{in_language(lever.about)} · {_what(lever)}"


def _what(lever: fares.Lever) -> str:
    numbers = {
        "amount": _("數額"),
        "cap": _("每次上限"),
        "points": _("扣點"),
        "percent": _("百分比"),
        "off_ntd": _("折抵（元）"),
        "ntd": _("元"),
        "cap_ntd": _("上限（元）"),
        "free_km": _("免費里程（公里）"),
        "base_km": _("基本里程（公里）"),
    }
    gifts = {
        "subsidy_points_each_month": _("每月補助點數"),
        "fare_percent": _("票價百分比"),
        "free_km": _("免費里程（公里）"),
        "base_km": _("基本里程（公里）"),
    }
    what = gifts.get(lever.what) or (mode_name(lever.what) if lever.what else "")
    parts = [what, numbers[lever.number] if lever.what not in gifts else ""]
    parts.append(in_language(lever.when) if lever.when else "")
    return " · ".join(part for part in parts if part)


def mode_name(code: str) -> str:
    """Name a mode of travel, or what points are spent on."""
    if code == NO_TARIFF:
        return _("沒有票價的路線")
    mode = (current_pack().table("fares") or {"modes": {}})["modes"].get(code)
    return in_language(Text.read(mode["name"])) if mode else _category(code)


def _category(code: str) -> str:
    for unit in current_pack().table("points")["units"].values():
        named = unit.get("monthly", {}).get("categories", {}).get(code)
        if named:
            return in_language(Text.read(named))
    return code


def district_name(code: str) -> str:
    """Name a district; who lives in none of the city's is from elsewhere."""
    return name_of("district", code) or _("外縣市或不明")


def age_name(first: str) -> str:
    """Name an age band by its first year."""
    place = [str(one) for one in fares.BANDS].index(first)
    if place + 1 == len(fares.BANDS):
        return _("%(first)s 歲以上") % {"first": first}
    return _("%(first)s–%(last)s 歲") % {"first": first, "last": fares.BANDS[place + 1] - 1}


def guess_name(code: str) -> str:
    """Name a guess."""
    return {"low": _("低推估"), "mid": _("中推估"), "high": _("高推估")}.get(code, code)


def state_name(code: str) -> str:
    """Name how far a trial is."""
    names = {
        "waiting": _("等待試算"),
        "running": _("試算中"),
        "done": _("已完成"),
        "refused": _("無法試算"),
    }
    return names[code]
