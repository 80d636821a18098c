"""Asking for an amount of one's own, checking it once more, and doing it once.

The page that was checked carries the moment it was shown (``once``): the key of what is done is
made of it, so that sending the page twice does it once.
"""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from citycard.portals.resident import units

A_DAY = dt.timedelta(days=1)
MOST = 10**9


class AmountForm(forms.Form):
    """How much of a unit; hours are asked for in hours where every step is a whole one."""

    def __init__(self, *args: Any, unit: str, least: int, step: int, most: int, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.scale = 60 if units.kind_of(unit) == "hours" and step % 60 == least % 60 == 0 else 1
        self.unit, self.least, self.step, self.most = unit, least, step, most
        shown = {"hours": _("小時") if self.scale == 60 else _("分鐘")}
        word = shown.get(units.kind_of(unit), _("點"))
        self.fields["amount"] = forms.IntegerField(
            label=_("數量（%(unit)s）") % {"unit": word},
            min_value=1,
            max_value=MOST,
            help_text=self._hint(),
            widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
            error_messages={
                "required": _("請填寫數量。"),
                "invalid": _("請填寫整數。"),
                "min_value": self._hint(),
                "max_value": self._hint(),
            },
        )

    def _hint(self) -> str:
        def said(value: int) -> str:
            return units.amount(self.unit, value)

        if self.most >= MOST:
            return _("以 %(step)s 為單位") % {"step": said(self.step)}
        if self.step == 1 == self.least:
            return _("最多 %(most)s") % {"most": said(self.most)}
        return _("%(least)s 到 %(most)s，以 %(step)s 為單位") % {
            "least": said(self.least),
            "most": said(self.most),
            "step": said(self.step),
        }

    def clean_amount(self) -> int:
        """Return the amount in the ledger's own measure.

        :raises ValidationError: it is not one of the steps, or more than there is
        """
        value = int(self.cleaned_data["amount"]) * self.scale
        if not self.least <= value <= self.most or value % self.step:
            raise forms.ValidationError(self._hint())
        return value
