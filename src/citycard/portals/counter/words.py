"""States, waits and registers in the counter's words."""

import datetime as dt
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from citycard.portals.naming import name_of

PRINT_BADGES: Final = {  # a print's state → badge and word
    "queued": ("waiting", gettext_lazy("待製卡")),
    "ready": ("info", gettext_lazy("待列印")),
    "printing": ("printing", gettext_lazy("列印中")),
    "printed": ("ready", gettext_lazy("待交付")),
    "handed_over": ("handed_over", gettext_lazy("已交付")),
    "cancelled": ("cancelled", gettext_lazy("已取消")),
}
ANSWERS: Final = {  # a register's answer → icon and word
    "yes": ("circle-check", gettext_lazy("符合")),
    "no": ("circle-x", gettext_lazy("不符合")),
    "unknown": ("circle-question-mark", gettext_lazy("查無資料，請看證明正本")),
    "waiting": ("clock", gettext_lazy("等候回覆")),
    "stopped": ("ban", gettext_lazy("已撤回同意，未查核")),
}
STEPS: Final = {  # what happened → its words, and the state that its badge shows
    "applications.application.submitted": (gettext_lazy("收件"), "submitted"),
    "applications.application.waiting": (gettext_lazy("查核系統沒有回應"), "waiting"),
    "applications.application.dispatched": (gettext_lazy("查核完成，送交審核"), "reviewing"),
    "applications.part.supplement_asked": (gettext_lazy("請民眾補正"), "supplement"),
    "applications.part.resubmitted": (gettext_lazy("民眾已補正"), "reviewing"),
    "applications.part.approved": (gettext_lazy("核准"), "approved"),
    "applications.part.refused": (gettext_lazy("不予核准"), "refused"),
    "applications.part.withdrawn": (gettext_lazy("撤回"), "cancelled"),
    "applications.part.completed": (gettext_lazy("完成"), "done"),
    "applications.application.completed": (gettext_lazy("申辦完成"), "done"),
    "applications.application.closed": (gettext_lazy("結案"), "closed"),
}


def waited(since: dt.datetime, now: dt.datetime) -> str:
    """Say how long somebody has waited, in minutes first."""
    past = max(now - since, dt.timedelta())
    minutes = past // dt.timedelta(minutes=1)
    if minutes < 60:
        return ngettext("%(n)s 分", "%(n)s 分", minutes) % {"n": minutes}
    hours = past // dt.timedelta(hours=1)
    if hours < 24:
        return ngettext("%(n)s 小時", "%(n)s 小時", hours) % {"n": hours}
    return ngettext("%(n)s 天", "%(n)s 天", past.days) % {"n": past.days}


def seconds(asked: dt.datetime, answered: dt.datetime | None) -> str:
    """Say how long a register took."""
    if answered is None:
        return ""
    took = max(1, round((answered - asked).total_seconds()))
    if took < 120:
        return ngettext("%(n)s 秒", "%(n)s 秒", took) % {"n": took}
    return waited(asked, answered)


def register(code: str) -> str:
    """Name what a register was asked: ``household``, or ``<register>.<status>``."""
    asked, _dot, status = code.partition(".")
    if status:
        return name_of("status", status)
    return _("戶政資料") if asked == "household" else name_of("register", asked)


def sex(code: str | None) -> str:
    """Name a sex."""
    return {"f": _("女"), "m": _("男")}.get(code or "", "")


def age(born: dt.date | None, on: dt.date) -> int | None:
    """Return somebody's age in years."""
    if born is None:
        return None
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
