"""What an organiser fills in about a volunteer's shift."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from citycard.activities import api as activities
from citycard.agencies import api as agencies
from citycard.infra.clock import city_time
from citycard.infra.web.forms import RocDateField
from citycard.portals.naming import name_of

_TIME = {"invalid": _("請填寫 24 小時制的時間，例如 09:00。"), "required": _("請填寫時間。")}


class WordsForm(forms.Form):
    """From when to when, and why. An end that is not after the start is the next day's."""

    day = RocDateField(label=_("服務日期（開始的那一天）"))
    starts = forms.TimeField(
        label=_("簽到時間"),
        input_formats=["%H:%M"],
        error_messages=_TIME,
        widget=forms.TimeInput(format="%H:%M", attrs={"placeholder": "09:00"}),
    )
    ends = forms.TimeField(
        label=_("簽退時間"),
        input_formats=["%H:%M"],
        error_messages=_TIME,
        help_text=_("早於簽到時間時，視為隔天。"),
        widget=forms.TimeInput(format="%H:%M", attrs={"placeholder": "12:00"}),
    )
    reason = forms.CharField(
        label=_("原因"),
        max_length=300,
        help_text=_("志工本人看得到，例如：忘了簽退，已與現場人員核對。"),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("請寫下原因。")},
    )

    def words(self) -> activities.ShiftWords:
        """Return what was filled in, in instants."""
        given, zone = self.cleaned_data, city_time().zone
        starts_at = dt.datetime.combine(given["day"], given["starts"], zone)
        ends_at = dt.datetime.combine(given["day"], given["ends"], zone)
        if ends_at <= starts_at:
            ends_at = dt.datetime.combine(given["day"] + dt.timedelta(days=1), given["ends"], zone)
        return activities.ShiftWords(
            starts_at=starts_at.astimezone(dt.UTC),
            ends_at=ends_at.astimezone(dt.UTC),
            reason=given["reason"],
        )


class ListedForm(WordsForm):
    """A line of the organiser's list: whose shift, and where."""

    card_number = forms.CharField(
        label=_("志工的卡號"),
        max_length=40,
        help_text=_("卡片正面的號碼。"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("請填寫卡號。")},
    )
    place = forms.ChoiceField(label=_("服務地點"))
    field_order = ("card_number", "place", "day", "starts", "ends", "reason")

    def __init__(self, *args: Any, own: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [place for agency in own for place in agencies.places(agency=agency)]
        self.agency_of = {place.code: place.agency for place in known}
        field = self.fields["place"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, name_of("place", code)) for code in self.agency_of]

    def organiser(self) -> str:
        """Return for whom the shift was worked: the place's agency, or the first above that
        pays.
        """
        agency = self.agency_of[self.cleaned_data["place"]]
        return activities.organiser_of(agency=agency)


class StrikeForm(forms.Form):
    """Why a shift is struck out."""

    reason = forms.CharField(
        label=_("刪除的原因"),
        max_length=300,
        help_text=_("志工本人看得到；紀錄會保留，只是不再計入。"),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("請寫下原因。")},
    )


def as_filled(shift: activities.Shift) -> dict[str, Any]:
    """Return what is known of a shift, for the form to begin with."""
    local = city_time().local
    starts = local(shift.starts_at) if shift.starts_at else None
    ends = local(shift.ends_at) if shift.ends_at else None
    return {
        "day": shift.day,
        "starts": starts.time() if starts else None,
        "ends": ends.time() if ends else None,
    }
