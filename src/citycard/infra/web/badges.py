"""The words, icons and tones of the states that people meet, in one table.

A tone is never shown by colour alone: a badge always has an icon and a word.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TONES = {
    "good": "circle-check",
    "wait": "clock",
    "warn": "triangle-alert",
    "bad": "circle-x",
    "info": "info",
    "off": "circle-minus",
    "points": "coins",
}


@dataclass(frozen=True, kw_only=True)
class Badge:
    """A state as it is shown: tone, icon, word."""

    tone: str
    word: str | Promise
    icon: str


def _badge(tone: str, word: str | Promise, icon: str = "") -> Badge:
    return Badge(tone=tone, word=word, icon=icon or TONES[tone])


STATES: dict[str, Badge] = {
    "active": _badge("good", _("有效")),
    "valid": _badge("good", _("有效")),
    "suspended": _badge("warn", _("暫停使用"), "circle-pause"),
    "lost": _badge("bad", _("已掛失"), "shield-alert"),
    "expired": _badge("off", _("已過期"), "calendar-x"),
    "ended": _badge("off", _("已結束")),
    "cancelled": _badge("off", _("已取消")),
    "revoked": _badge("bad", _("已停用"), "ban"),
    "draft": _badge("off", _("草稿"), "pencil"),
    "submitted": _badge("info", _("已送出"), "send"),
    "checking": _badge("wait", _("查核中"), "search-check"),
    "reviewing": _badge("wait", _("審查中"), "search-check"),
    "waiting": _badge("wait", _("等候中")),
    "supplement": _badge("warn", _("請補正"), "file-plus"),
    "approved": _badge("good", _("已核准")),
    "refused": _badge("bad", _("未通過")),
    "printing": _badge("wait", _("製卡中"), "printer"),
    "printed": _badge("info", _("已製卡"), "credit-card"),
    "ready": _badge("info", _("可領取"), "package-check"),
    "handed_over": _badge("good", _("已領取"), "hand"),
    "spoiled": _badge("bad", _("已作廢"), "trash-2"),
    "reserved": _badge("wait", _("已保留"), "lock"),
    "writing": _badge("wait", _("寫入中"), "loader"),
    "settled": _badge("good", _("已完成")),
    "released": _badge("off", _("已退回點數"), "undo-2"),
    "done": _badge("good", _("已完成")),
    "open": _badge("good", _("開放中"), "circle-dot"),
    "closed": _badge("off", _("已關閉"), "lock"),
    "paused": _badge("warn", _("暫停"), "circle-pause"),
    "sent": _badge("good", _("已寄出"), "mail-check"),
    "failed": _badge("bad", _("失敗")),
    "retrying": _badge("wait", _("重試中"), "refresh-cw"),
    "unknown": _badge("warn", _("查無資料"), "circle-question-mark"),
    "yes": _badge("good", _("符合")),
    "no": _badge("bad", _("不符合")),
    "up": _badge("good", _("正常")),
    "slow": _badge("warn", _("緩慢"), "gauge"),
    "down": _badge("bad", _("中斷"), "plug-zap"),
    "due": _badge("warn", _("待繳"), "receipt"),
    "paid": _badge("good", _("已繳")),
}


def badge(state: str, word: str | Promise = "", icon: str = "") -> Badge:
    """Return how a state, or a bare tone with its own word, is shown.

    :raises LookupError: for a name that is neither a state nor a tone with a word.
    """
    known = STATES.get(state)
    if known:
        return Badge(tone=known.tone, word=word or known.word, icon=icon or known.icon)
    if state in TONES and word:
        return _badge(state, word, icon)
    raise LookupError(f"{state!r} is no state of badges.STATES, nor a tone with a word.")
