"""Disputes as residents and officers read them."""

from typing import Any

from django.utils.translation import gettext as _

from citycard.disputes import api as disputes
from citycard.portals.naming import in_language


def title_of(thing_kind: str) -> str:
    """Return what a kind of thing is called."""
    return {"ride": _("乘車"), "tap": _("刷卡"), "points": _("點數")}[thing_kind]


def reason_words(reason: str) -> str:
    """Return what a resident chose."""
    return {
        "amount": _("金額或點數不對"),
        "twice": _("同一筆算了兩次"),
        "right_not_seen": _("我有資格，但設備或計算沒有算進去"),
        "points_missing": _("應該有的點數沒有給"),
        "not_me": _("不是我用的"),
        "other": _("其他"),
    }[reason]


def reasons(kind: str) -> list[tuple[str, str]]:
    """Return what can be chosen for a kind of thing."""
    return [(one, reason_words(one)) for one in disputes.REASONS[kind]]


def line(found: disputes.Dispute) -> dict[str, Any]:
    """Return a dispute as a line of a list."""
    tone, word = {
        "open": ("wait", _("查明中")),
        "explained": ("info", _("已說明")),
        "corrected": ("good", _("已更正")),
        "withdrawn": ("off", _("已撤回")),
    }[found.state]
    return {
        "it": found,
        "kind": title_of(found.kind),
        "reason": reason_words(found.reason),
        "tone": tone,
        "word": word,
        "why": in_language(found.why) if found.why.zh else "",
    }
