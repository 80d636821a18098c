"""How Django's forms are drawn here, and controls it lacks: choice cards, dates in parts.

A plain `forms.Form` comes out right: label, hint, error and control in that order, tied together
for screen readers. Write `<form method="post" novalidate>`: our sentences are kinder than the
browser's.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from .parts import Choice
from .wording import ROC_OFFSET


class HouseRenderer(DjangoTemplates):
    """Draw forms with the templates in `cc/forms/`."""

    form_template_name = "cc/forms/form.html"
    field_template_name = "cc/forms/field.html"


class _Cards:
    """Options drawn as cards: `cards={value: Choice(title=…, hint=…, icon=…)}`."""

    def __init__(self, *args: Any, cards: Mapping[str, Choice] | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.cards = dict(cards or {})

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(  # type: ignore[misc]  # a mixin
            name, value, *args, **kwargs
        )
        option["card"] = self.cards.get(str(value)) or Choice(title=str(option["label"]))
        return option


class ChoiceCards(_Cards, forms.RadioSelect):
    """One choice of a few, each a large card."""

    template_name = "cc/forms/choice_cards.html"


class ManyChoiceCards(_Cards, forms.CheckboxSelectMultiple):
    """Any number of a few, each a large card."""

    template_name = "cc/forms/choice_cards.html"


class DateParts(forms.Widget):
    """Three boxes: year (民國 or western), month, day. Nobody scrolls a calendar to 1951."""

    template_name = "cc/forms/date_parts.html"
    use_fieldset = True
    parts = ("year", "month", "day")

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        shown = self._shown(value)
        context["parts"] = [
            {"name": f"{name}_{part}", "id": self._id(context, part), "value": shown[n]}
            for n, part in enumerate(self.parts)
        ]
        return context

    @staticmethod
    def _id(context: dict[str, Any], part: str) -> str:
        return f"{context['widget']['attrs'].get('id', context['widget']['name'])}_{part}"

    @staticmethod
    def _shown(value: Any) -> list[str]:
        if isinstance(value, date):
            return [str(value.year - ROC_OFFSET), str(value.month), str(value.day)]
        return [*str(value or "").split("-"), "", "", ""][:3]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str | None:
        given = [str(data.get(f"{name}_{part}", "")).strip() for part in self.parts]
        return "-".join(given) if any(given) else data.get(name)

    def value_omitted_from_data(
        self, data: Mapping[str, Any], files: MultiValueDict[str, Any], name: str
    ) -> bool:
        return all(f"{name}_{part}" not in data for part in self.parts) and name not in data

    def id_for_label(self, id_: str | None) -> str:
        return f"{id_}_year" if id_ else ""


class RocDateField(forms.DateField):
    """A date typed in parts; a year up to 200 is a year of the Republic (民國)."""

    widget = DateParts
    default_error_messages = {
        "invalid": _("請填寫正確的日期，例如民國 70 年 5 月 12 日，或西元 1981 年 5 月 12 日。"),
    }

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values:
            return None
        if isinstance(value, date):
            return super().to_python(value)
        try:
            year, month, day = (int(part) for part in str(value).split("-"))
            return date(year + ROC_OFFSET if 0 < year <= 200 else year, month, day)
        except ValueError as bad:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from bad
