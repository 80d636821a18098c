"""What an agency fills in about somebody's stay."""

from django import forms
from django.utils.translation import gettext_lazy as _

from citycard.attendance import api as attendance
from citycard.portals.agency.span_forms import SpanForm

_SEEN = _("當事人看得到，例如：忘了刷卡，主管證明。")


class StayForm(SpanForm):
    """From when to when somebody was there, and why that is said."""

    labels = {"day": _("日期（開始的那一天）"), "starts": _("到達時間"), "ends": _("離開時間")}
    helps = {"ends": _("早於到達時間時，視為隔天。"), "reason": _SEEN}

    def words(self, found: attendance.AttendanceStay) -> attendance.StayWords:
        """Return what was filled in, in instants."""
        starts_at, ends_at = self.span()
        return attendance.StayWords(
            starts_at=starts_at, ends_at=ends_at, reason=self.cleaned_data["reason"]
        )


class StrikeStayForm(forms.Form):
    """Why a stay is struck out."""

    reason = forms.CharField(
        label=_("原因"),
        max_length=300,
        help_text=_SEEN,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("請寫下原因。")},
    )

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
