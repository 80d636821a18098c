"""The steps of setting up an activity, as forms. What they hold is the activity's, never a
person's."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from citycard.agencies import api as agencies
from citycard.infra.clock import city_time
from citycard.infra.packs import current_pack
from citycard.infra.web.forms import RocDateField
from citycard.portals.naming import in_language, name_of


class StepForm(forms.Form):
    """One step; `kept` turns what was given into what the session can hold."""

    def kept(self) -> dict[str, Any]:
        """Return the answers as JSON-ready values."""
        return {
            name: value.isoformat() if isinstance(value, dt.date) else value
            for name, value in self.cleaned_data.items()
        }


class NameForm(StepForm):
    """What it is called, and from when to when."""

    title = _("名稱與期間")
    name_zh = forms.CharField(label=_("活動名稱（中文）"), max_length=40)
    name_en = forms.CharField(label=_("活動名稱（英文）"), max_length=60)
    code = forms.SlugField(
        label=_("活動代碼"),
        max_length=40,
        help_text=_("小寫英文、數字與連字號，例如 health-2026；設定後不能更改。"),
    )
    starts_on = RocDateField(label=_("開始日期"))
    ends_on = RocDateField(label=_("最後一天"))

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        found: dict[str, Any] = super().clean() or {}
        starts_on, ends_on = found.get("starts_on"), found.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", _("最後一天不能早於開始日期。"))
        return found


class PointsForm(StepForm):
    """What a tap gives, how much one person may get, and what the agency puts aside."""

    title = _("點數與預算")
    unit = forms.ChoiceField(
        label=_("點數種類"),
        widget=forms.RadioSelect,
        required=False,
        help_text=_("不同種類的點數分開計算，不能混用；建立後不能更改。"),
    )
    points_per_tap = forms.IntegerField(label=_("每次刷卡給幾點"), min_value=1, max_value=10_000)
    per_day_cap = forms.IntegerField(
        label=_("每人每日上限（點）"), min_value=1, max_value=100_000, required=False
    )
    per_person_cap = forms.IntegerField(
        label=_("每人活動期間上限（點）"), min_value=1, max_value=1_000_000
    )
    budget = forms.IntegerField(
        label=_("預算（點）"),
        min_value=1,
        max_value=1_000_000_000,
        help_text=_("發完為止。兌換後由本機關負擔。"),
    )
    residents_only = forms.BooleanField(
        label=_("只限設籍本市的市民參加"), required=False, initial=True
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(code, unit_name(code)) for code in units_to_give()]
        field = self.fields["unit"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = known
        self.initial.setdefault("unit", known[0][0])
        if len(known) == 1:
            field.widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        """Refuse caps that contradict each other."""
        found: dict[str, Any] = super().clean() or {}
        found["unit"] = found.get("unit") or units_to_give()[0]
        tap, day = found.get("points_per_tap"), found.get("per_day_cap")
        person, budget = found.get("per_person_cap"), found.get("budget")
        if tap and person and person < tap:
            self.add_error("per_person_cap", _("每人上限不能少於一次刷卡的點數。"))
        if tap and day and day < tap:
            self.add_error("per_day_cap", _("每日上限不能少於一次刷卡的點數。"))
        if person and budget and budget < person:
            self.add_error("budget", _("預算至少要夠一個人領滿。"))
        return found


class ReadersForm(StepForm):
    """At which readers a tap counts."""

    title = _("讀卡設備")
    devices = forms.MultipleChoiceField(
        label=_("哪些設備的刷卡給點"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("可以先不選，之後再加。一台設備同時只服務一個活動。"),
    )

    def __init__(self, *args: Any, readers: Sequence[agencies.Device], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["devices"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [
            (str(one.device_id), f"{name_of('place', one.place)} · {one.code}") for one in readers
        ]


def presets_of(agency_codes: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Return the pack's ready-made activities of these agencies that readers serve, by code."""
    presets = current_pack().table("activities").get("presets", {})
    return {
        code: row
        for code, row in presets.items()
        if row["agency"] in agency_codes and not row.get("trigger")
    }


def draft_from(preset: Mapping[str, Any], *, code: str, on: dt.date) -> dict[str, Any]:
    """Fill a draft from a ready-made activity that starts on a day."""
    ends_on = on + dt.timedelta(weeks=int(preset.get("weeks", 4)), days=-1)
    return {
        "name_zh": preset["name"]["zh-Hant"],
        "name_en": preset["name"]["en"],
        "code": f"{code}-{on.year}-{on.month:02d}",
        "starts_on": on.isoformat(),
        "ends_on": ends_on.isoformat(),
        "points_per_tap": preset["points_per_tap"],
        "per_day_cap": preset.get("per_day_cap"),
        "per_person_cap": preset["per_person_cap"],
        "budget": preset["budget"],
        "residents_only": bool(preset.get("residents_only", True)),
        "places": list(preset.get("places", ())),
        "unit": preset["unit"],
    }


def initial_of(draft: Mapping[str, Any]) -> dict[str, Any]:
    """Return a draft's values as forms take them."""
    return {
        name: dt.date.fromisoformat(value) if name.endswith("_on") and value else value
        for name, value in draft.items()
    }


def units_to_give() -> list[str]:
    """Return the units that activities may give, the city's usual one first."""
    units = current_pack().table("points")["units"]
    return [str(code) for code, unit in units.items() if unit["kind"] == "earned"]


def unit_of(draft: Mapping[str, Any]) -> str:
    """Return the unit that the activity gives: the draft's, or the city's usual one."""
    known = units_to_give()
    wanted = draft.get("unit")
    return wanted if isinstance(wanted, str) and wanted in known else known[0]


def unit_name(unit: str) -> str:
    """Name a unit of points."""
    return in_language(current_pack().table("points")["units"][unit]["name"])


def midnight(day: str, *, after: bool = False) -> dt.datetime:
    """Return the instant at which a kept day begins, or the one after it."""
    local = dt.date.fromisoformat(day) + dt.timedelta(days=int(after))
    return city_time().midnight(local)
