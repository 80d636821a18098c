"""A volunteer's shift as every door shows it."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.activities import api as activities
from citycard.infra import clock
from citycard.infra.web import wording
from citycard.portals.naming import name_of

STATES: dict[str, tuple[str, Any]] = {
    "counted": ("good", gettext_lazy("已計入")),
    "too_short": ("off", gettext_lazy("時間太短，不計")),
    "no_out": ("warn", gettext_lazy("缺簽退")),
    "no_in": ("warn", gettext_lazy("缺簽到")),
    "struck": ("off", gettext_lazy("已刪除")),
    "gone": ("off", gettext_lazy("併入其他紀錄")),
}


def shift_line(one: activities.Shift | activities.ShiftVersion) -> dict[str, Any]:
    """Return a shift, or a version of one, in words: from when to when, what it counts, its badge.

    Whoever signed in a while ago and may still be at work is not told of anything missing.
    """
    tone, word = STATES[one.state]
    if is_at_work(one):
        tone, word = "info", _("服務中")
    return {
        "shift": one,
        "place": name_of("place", one.place) if isinstance(one, activities.Shift) else "",
        "times": _times(one),
        "minutes": wording.hours(one.minutes) if one.minutes else "",
        "tone": tone,
        "word": word,
    }


def version_line(one: activities.ShiftVersion) -> dict[str, Any]:
    """Return a version as the volunteer reads it: what changed, by whom in words, and why."""
    return {
        "at": one.recorded_at,
        "line": shift_line(one),
        "difference": f"{'+' if one.difference > 0 else ''}{wording.hours(one.difference)}"
        if one.difference
        else "",
        "reason": one.reason,
        "who": _("主辦機關") if one.reason else _("簽到退紀錄"),
    }


def is_at_work(one: activities.Shift | activities.ShiftVersion) -> bool:
    """Tell whether somebody signed in and may sign out yet."""
    if one.state != "no_out" or one.starts_at is None:
        return False
    return bool(clock.now() - one.starts_at <= activities.time_bank().longest)


def _times(one: activities.Shift | activities.ShiftVersion) -> str:
    if one.starts_at is None:
        return _("簽退 %(time)s") % {"time": _ends(one)}
    begins = wording.clock_time(one.starts_at)
    if one.ends_at is None:
        return _("簽到 %(time)s") % {"time": begins}
    return f"{begins}–{_ends(one)}"


def _ends(one: activities.Shift | activities.ShiftVersion) -> str:
    assert one.ends_at is not None
    if one.starts_at and wording.local_day(one.starts_at) != wording.local_day(one.ends_at):
        return wording.date_time(one.ends_at)
    return wording.clock_time(one.ends_at)
