"""A move by hand: from one of the city's accounts to another, proposed to a second officer."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.agencies import api as agencies
from citycard.infra.clock import now
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import Refused
from citycard.ledger import api as ledger
from citycard.portals.agency.approval_words import account_name, class_name
from citycard.portals.agency.book_words import check_city_wide, unit_word
from citycard.portals.agency.shell import page
from citycard.portals.doors import actor_of, door

KIND = "ledger.move"
_MOST = 1_000_000_000


class MoveForm(forms.Form):
    """What to move: accounts by name; a person's points are taken back, never moved here."""

    source = forms.ChoiceField(label=gettext_lazy("轉出帳戶"))
    target = forms.ChoiceField(
        label=gettext_lazy("轉入帳戶"), help_text=gettext_lazy("須與轉出帳戶為同一種單位。")
    )
    amount = forms.IntegerField(label=gettext_lazy("數量"), min_value=1, max_value=_MOST)
    reason = forms.CharField(
        label=gettext_lazy("原因與依據"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("例如公文字號或差異編號；會留存紀錄，請勿填寫個人資料。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = _choices()
        for name in ("source", "target"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices

    def clean(self) -> dict[str, Any]:
        """Refuse two units, or one account twice."""
        given = super().clean() or {}
        source, target = given.get("source"), given.get("target")
        if source and target and source == target:
            self.add_error("target", _("轉出與轉入不能是同一個帳戶。"))
        elif source and target and _read(source)["unit"] != _read(target)["unit"]:
            self.add_error("target", _("兩個帳戶的單位不同；不同單位之間不能直接轉帳。"))
        return given

    def content(self) -> dict[str, Any]:
        """Return what was filled in as the proposal's content."""
        source, target = _read(self.cleaned_data["source"]), _read(self.cleaned_data["target"])
        unit = source.pop("unit")
        target.pop("unit")
        amount = self.cleaned_data["amount"]
        return {"unit": unit, "amount": amount, "source": source, "target": target}


@door(roles={"finance"})
def propose_move(request: HttpRequest) -> HttpResponse:
    """Show the form, and propose what was filled in."""
    check_city_wide(request)
    form = MoveForm(request.POST if request.method == "POST" else None)
    refused = ""
    if form.is_bound and form.is_valid():
        try:
            number = _propose(request, form)
        except Refused as no:
            refused = refusal_text(no)
        else:
            messages.success(request, _("已提出，等待另一位同仁覆核。"))
            return HttpResponseRedirect(reverse("agency:approval", args=[number]))
    # the page that is sent names the click, so that sending it twice proposes once
    once = request.POST.get("once") or uuid.uuid4().hex
    status = 422 if form.is_bound else 200
    return page(request, "hand_move", status=status, form=form, refused=refused, once=once)


def _propose(request: HttpRequest, form: MoveForm) -> int:
    once = "".join(it for it in request.POST.get("once", "") if it.isalnum())[:40]
    with unit_of_work():
        return agencies.propose(
            kind=KIND,
            about=f"move:{once or uuid.uuid4().hex}",
            content=form.content(),
            reason=form.cleaned_data["reason"],
            actor=actor_of(request),
            now=now(),
        )


Choices = list[tuple[str, str | list[tuple[str, str]]]]


def _choices() -> Choices:
    """Return the city's accounts by class: those in use, and each partner's and agency's."""
    found: dict[str, dict[str, str]] = {}
    for named in _accounts():
        whose = account_name(named)
        value = f"{named['unit']}|{named['class']}|{named.get('fund') or named.get('code') or ''}"
        of_class = found.setdefault(class_name(str(named["class"])), {})
        of_class[value] = f"{whose}（{unit_word(str(named['unit']))}）"
    classes: Choices = [
        (name, sorted(accounts.items(), key=lambda it: it[1])) for name, accounts in found.items()
    ]
    return [("", _("請選擇")), *classes]


def _accounts() -> list[dict[str, Any]]:
    return [
        {"class": it.account_class, "unit": it.unit, "fund": it.fund, "code": it.code}
        for it in ledger.city_accounts()
        if it.account_class != "stock"
    ]


def _read(value: str) -> dict[str, Any]:
    unit, kind, whose = value.split("|", 2)
    if kind == "budget":
        return {"unit": unit, "class": kind, "fund": int(whose)}
    return {"unit": unit, "class": kind, "code": whose}
