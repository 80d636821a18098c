"""From when to when, and why: what an agency fills in about somebody's hours or stay."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from citycard.infra.clock import city_time
from citycard.infra.web.forms import RocDateField

_TIME = {"invalid": _("請填寫 24 小時制的時間，例如 09:00。"), "required": _("請填寫時間。")}


class SpanForm(forms.Form):
    """From when to when, and why. An end that is not after the start is the next day's.

    A form of its own says in ``labels`` and ``helps`` what its fields are called.
    """

    labels: dict[str, Any] = {}
    helps: dict[str, Any] = {}
    day = RocDateField()
    starts = forms.TimeField(
        input_formats=["%H:%M"],
        error_messages=_TIME,
        widget=forms.TimeInput(format="%H:%M", attrs={"placeholder": "09:00"}),
    )
    ends = forms.TimeField(
        input_formats=["%H:%M"],
        error_messages=_TIME,
        widget=forms.TimeInput(format="%H:%M", attrs={"placeholder": "12:00"}),
    )
    reason = forms.CharField(
        label=_("原因"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("請寫下原因。")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in self.labels.items():
            self.fields[name].label = label
        for name, said in self.helps.items():
            self.fields[name].help_text = said

    def span(self) -> tuple[dt.datetime, dt.datetime]:
        """Return the two instants that were filled in, in UTC."""
        given, zone = self.cleaned_data, city_time().zone
        starts_at = dt.datetime.combine(given["day"], given["starts"], zone)
        ends_at = dt.datetime.combine(given["day"], given["ends"], zone)
        if ends_at <= starts_at:
            ends_at = dt.datetime.combine(given["day"] + dt.timedelta(days=1), given["ends"], zone)
        return starts_at.astimezone(dt.UTC), ends_at.astimezone(dt.UTC)


def as_span(
    *, day: dt.date, starts_at: dt.datetime | None, ends_at: dt.datetime | None
) -> dict[str, Any]:
    """Return what is known of a span, for its form to begin with."""
    local = city_time().local
    return {
        "day": day,
        "starts": local(starts_at).time() if starts_at else None,
        "ends": local(ends_at).time() if ends_at else None,
    }
