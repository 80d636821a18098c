"""What an agency fills in about somebody's stay."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from citycard.attendance import api as attendance
from citycard.infra.clock import city_time
from citycard.infra.web.forms import RocDateField

_TIME = {"invalid": _("請填寫 24 小時制的時間，例如 09:00。"), "required": _("請填寫時間。")}


class _WhyForm(forms.Form):
    reason = forms.CharField(
        label=_("原因"),
        max_length=300,
        help_text=_("當事人看得到，例如：忘了刷卡，主管證明。"),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("請寫下原因。")},
    )


class StayForm(_WhyForm):
    """From when to when, and why. An end that is not after the start is the next day's."""

    day = RocDateField(label=_("日期（開始的那一天）"))
    starts = forms.TimeField(
        label=_("到達時間"),
        input_formats=["%H:%M"],
        error_messages=_TIME,
        widget=forms.TimeInput(format="%H:%M", attrs={"placeholder": "09:00"}),
    )
    ends = forms.TimeField(
        label=_("離開時間"),
        input_formats=["%H:%M"],
        error_messages=_TIME,
        help_text=_("早於到達時間時，視為隔天。"),
        widget=forms.TimeInput(format="%H:%M", attrs={"placeholder": "18:00"}),
    )
    field_order = ("day", "starts", "ends", "reason")

    def words(self, found: attendance.AttendanceStay) -> attendance.StayWords:
        """Return what was filled in, in instants."""
        given, zone = self.cleaned_data, city_time().zone
        starts_at = dt.datetime.combine(given["day"], given["starts"], zone)
        ends_at = dt.datetime.combine(given["day"], given["ends"], zone)
        if ends_at <= starts_at:
            ends_at = dt.datetime.combine(given["day"] + dt.timedelta(days=1), given["ends"], zone)
        return attendance.StayWords(
            starts_at=starts_at.astimezone(dt.UTC),
            ends_at=ends_at.astimezone(dt.UTC),
            reason=given["reason"],
        )


class StrikeStayForm(_WhyForm):
    """Why a stay is struck out."""

    def words(self, found: attendance.AttendanceStay) -> attendance.StayWords:
        """Return that there was none."""
        starts_at = found.starts_at or found.ends_at
        assert starts_at is not None, "a stay has an end"
        return attendance.StayWords(
            starts_at=starts_at,
            ends_at=found.ends_at if found.starts_at else None,
            reason=self.cleaned_data["reason"],
            struck=True,
        )


def as_filled(found: attendance.AttendanceStay) -> dict[str, Any]:
    """Return what is known of a stay, for the form to begin with."""
    local = city_time().local
    return {
        "day": found.day,
        "starts": local(found.starts_at).time() if found.starts_at else None,
        "ends": local(found.ends_at).time() if found.ends_at else None,
    }
