"""What a policy officer fills in: a name, months, figures, and three guesses."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from citycard.fares import api as fares
from citycard.infra.packs import current_pack
from citycard.infra.web import wording

MOST = 100_000


class PolicyForm(forms.Form):
    """Levers are fields by their place: the pack's own codes may hold anything."""

    title = forms.CharField(
        label=_("提案名稱"),
        max_length=80,
        help_text=_("例如：敬老點數提高到 1,000 點"),
        error_messages={"required": _("請給這個提案一個名稱。")},
    )
    months_chosen = forms.MultipleChoiceField(
        label=_("以哪些月份的實際乘車試算"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("請至少選一個月份。")},
    )
    guess_mid = forms.IntegerField(
        label=_("中推估：變便宜的乘車增加幾 %"), min_value=0, max_value=500, initial=10
    )
    guess_high = forms.IntegerField(
        label=_("高推估：變便宜的乘車增加幾 %"), min_value=0, max_value=500, initial=25
    )

    def __init__(
        self, *args: Any, months: Sequence[dt.date], levers: Sequence[fares.Lever], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.levers = list(levers)
        chosen = self.fields["months_chosen"]
        assert isinstance(chosen, forms.MultipleChoiceField)
        chosen.choices = [(f"{month:%Y-%m}", wording.month(month)) for month in months]
        chosen.initial = [f"{month:%Y-%m}" for month in months[1:2] or months[:1]]
        for n, lever in enumerate(self.levers):
            self.fields[f"lever_{n}"] = forms.IntegerField(
                min_value=0, max_value=MOST, initial=lever.value
            )

    def months(self) -> list[dt.date]:
        """Return the chosen months, oldest first."""
        chosen = self.cleaned_data["months_chosen"]
        return sorted(dt.date.fromisoformat(f"{month}-01") for month in chosen)

    def settings(self) -> dict[str, int]:
        """Return what each lever is set to."""
        return {lever.code: self.cleaned_data[f"lever_{n}"] for n, lever in enumerate(self.levers)}

    def guesses(self) -> list[fares.Guess]:
        """Return the guesses: nobody rides more, and one percentage for every mode."""
        modes = list((current_pack().table("fares") or {"modes": {}})["modes"])
        return [
            fares.Guess("low", {}),
            *(
                fares.Guess(name, dict.fromkeys(modes, int(self.cleaned_data[f"guess_{name}"])))
                for name in ("mid", "high")
            ),
        ]
