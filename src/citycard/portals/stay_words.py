"""A pupil's or a member of staff's stay as every door shows it."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.attendance import api as attendance
from citycard.infra import clock
from citycard.infra.web import wording
from citycard.portals.naming import name_of

STATES: dict[str, tuple[str, Any]] = {
    "whole": ("good", gettext_lazy("完整")),
    "no_out": ("warn", gettext_lazy("缺離開")),
    "no_in": ("warn", gettext_lazy("缺到達")),
    "struck": ("off", gettext_lazy("已刪除")),
    "gone": ("off", gettext_lazy("併入其他紀錄")),
}


def stay_line(one: attendance.AttendanceStay) -> dict[str, Any]:
    """Return a stay in words: when, how long, its badge. Who came a while ago and may still be
    there is not told of anything missing."""
    tone, word = STATES[one.state]
    if is_there(one):
        tone, word = "info", _("還在")
    return {
        "stay": one,
        "place": name_of("place", one.place),
        "times": times(one.starts_at, one.ends_at),
        "length": wording.hours(one.minutes) if one.minutes else "",
        "tone": tone,
        "word": word,
    }


def version_line(one: attendance.StayVersion) -> dict[str, Any]:
    """Return a version: what was known from then on, by whom, and why."""
    return {
        "at": one.recorded_at,
        "times": times(one.starts_at, one.ends_at),
        "word": STATES[one.state][1],
        "reason": one.reason,
        "by": one.by,
        "who": _("機關登錄") if one.reason else _("刷卡紀錄"),
    }


def is_there(one: attendance.AttendanceStay) -> bool:
    """Tell whether somebody came and may leave yet."""
    return one.state == "no_out" and one.starts_at is not None and one.starts_at > there_since(one)


def there_since(one: attendance.AttendanceStay) -> dt.datetime:
    """Return since when somebody who came may still be there, by the rule of that day."""
    rule = attendance.attendance_table().rule(one.kind, one.day)
    return clock.now() - dt.timedelta(minutes=rule.longest)


def times(starts_at: dt.datetime | None, ends_at: dt.datetime | None) -> str:
    """Return from when to when; an end on another day names it."""
    if starts_at is None:
        return f"—–{wording.clock_time(ends_at)}" if ends_at else "—"
    begins = wording.clock_time(starts_at)
    if ends_at is None:
        return f"{begins}–—"
    if wording.local_day(starts_at) != wording.local_day(ends_at):
        return f"{begins}–{wording.date_time(ends_at)}"
    return f"{begins}–{wording.clock_time(ends_at)}"
