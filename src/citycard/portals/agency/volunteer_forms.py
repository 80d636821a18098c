"""What an organiser fills in about a volunteer's shift."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from citycard.activities import api as activities
from citycard.agencies import api as agencies
from citycard.portals.agency.span_forms import SpanForm
from citycard.portals.naming import name_of


class WordsForm(SpanForm):
    """From when to when a volunteer worked, and why that is said."""

    labels = {"day": _("服務日期（開始的那一天）"), "starts": _("簽到時間"), "ends": _("簽退時間")}
    helps = {
        "ends": _("早於簽到時間時，視為隔天。"),
        "reason": _("志工本人看得到，例如：忘了簽退，已與現場人員核對。"),
    }

    def words(self) -> activities.ShiftWords:
        """Return what was filled in, in instants."""
        starts_at, ends_at = self.span()
        return activities.ShiftWords(
            starts_at=starts_at, ends_at=ends_at, reason=self.cleaned_data["reason"]
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
