"""What rides' differences, tickets, funds and operators are called on pages."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from citycard.fares import api as fares
from citycard.infra.packs import current_pack
from citycard.portals.naming import in_language

_MICRO = 1_000_000


def operator_name(code: str) -> str:
    """Name an operator; one that the city's tariffs don't know is shown by its code."""
    return _named("operators", code)


def fund_word(code: str) -> str:
    """Name who pays."""
    return _named("funds", code)


def concession_name(code: str) -> str:
    """Name a concession."""
    return _named("concessions", code)


def _named(table: str, code: str) -> str:
    found = (current_pack().table("fares") or {}).get(table, {}).get(code)
    return in_language(found["name"]) if found else code


def difference_name(kind: fares.Difference) -> str:
    """Name a difference."""
    names = {
        fares.Difference.TOO_MUCH: _("多扣"),
        fares.Difference.TOO_LITTLE: _("少扣"),
        fares.Difference.UNKNOWN_TARIFF: _("沒有票價的路線"),
        fares.Difference.UNKNOWN_DISTANCE: _("里程不明"),
        fares.Difference.MISSING_OUT: _("缺下車刷卡"),
        fares.Difference.MISSING_IN: _("缺上車刷卡"),
        fares.Difference.POINTS: _("扣點不同"),
    }
    return names[kind]


def column_name(column: str) -> str:
    """Name a column of subsidies as the operators' form does."""
    names = {
        "base_mileage": _("基本里程"),
        "fare_cap": _("票價上限"),
        "student": _("學生卡"),
        "welfare": _("社福"),
        "transfer": _("捷運轉乘"),
        "intercity_transfer": _("國道台鐵轉乘"),
        "legal_difference": _("法定差額"),
        "cost_difference": _("成本差額"),
        "other": _("其他"),
    }
    return names[column]


def ticket_name(code: str) -> str:
    """Name a kind of ticket as devices say it."""
    names = {
        "": _("未註明"),
        "full": _("全票"),
        "half": _("半票"),
        "child": _("兒童"),
        "student": _("學生"),
        "senior": _("敬老"),
        "disability": _("愛心"),
        "companion": _("陪伴"),
    }
    return names.get(code, code)


def dollars(micro: int) -> str:
    """Return millionths of a dollar exactly, without zeros that say nothing."""
    whole, rest = divmod(abs(micro), _MICRO)
    sign = "−" if micro < 0 else ""
    if not rest:
        return f"{sign}{whole:,}"
    return f"{sign}{whole:,}{str(Decimal(rest) / _MICRO)[1:].rstrip('0')}"


def difference_line(it: fares.OpenDifference) -> dict[str, Any]:
    """Return a difference as a line of a list."""
    return {
        "it": it,
        "kind": difference_name(it.kind),
        "operator": operator_name(it.operator),
        "amount": dollars(it.amount_micro),
        "for_person": it.amount_micro < 0 and it.rider > 0,
    }
