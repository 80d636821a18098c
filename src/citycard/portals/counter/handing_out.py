"""Unnamed cards at the counter: papers seen, a card from the box, no name written down."""

import datetime as dt
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from citycard.flows import handing_out
from citycard.infra import clock
from citycard.issuing import api as issuing
from citycard.kernel.errors import NotFound, Refused
from citycard.portals.counter.shell import ROLES, again, page
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of


class SeenForm(forms.Form):
    """What the clerk reads from the papers; used once and kept nowhere."""

    card_kind = forms.ChoiceField(label=gettext_lazy("卡別"))
    id_number = forms.CharField(
        label=gettext_lazy("身分證、居留證或護照號碼"),
        max_length=20,
        help_text=gettext_lazy("只用來確認沒有領過；不會留下號碼，也不會記下是哪一張卡。"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    is_passport = forms.BooleanField(label=gettext_lazy("這是護照號碼"), required=False)
    birth_on = forms.DateField(
        label=gettext_lazy("出生日期"), widget=forms.DateInput(attrs={"type": "date"})
    )
    is_resident = forms.BooleanField(label=gettext_lazy("證件上設籍本市"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["card_kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, name_of("card_kind", code)) for code in issuing.unnamed_kinds()]


@door(roles=ROLES)
def hand_out(request: HttpRequest) -> HttpResponse:
    """Hand out an unnamed card, once a person."""
    if not issuing.unnamed_kinds():
        raise NotFound(what="unnamed cards")
    form = SeenForm(request.POST if request.method == "POST" else None)
    handed, refused = None, None
    if form.is_bound and form.is_valid():
        try:
            handed = handing_out.hand_out(
                card_kind=form.cleaned_data["card_kind"],
                seen=_seen(form.cleaned_data),
                actor=actor_of(request),
                now=clock.now(),
            )
        except Refused as refusal:
            refused = again(refusal)
    return page(
        request,
        "hand_out",
        refused=refused,
        status=422 if form.is_bound and handed is None else None,
        form=SeenForm() if handed else form,
        handed=handed,
        number=issuing.masked(medium=handed.medium, number=_shown(handed)) if handed else "",
    )


def _seen(given: dict[str, Any]) -> handing_out.Seen:
    birth_on = given["birth_on"]
    assert isinstance(birth_on, dt.date)
    return handing_out.Seen(
        id_number=given["id_number"],
        passport=given["is_passport"],
        birth_on=birth_on,
        is_resident=given["is_resident"],
    )


def _shown(handed: issuing.HandedOut) -> str:
    return next(iter(handed.numbers.values()), "")
