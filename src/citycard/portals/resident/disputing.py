"""«Something is wrong»: a resident disputes a ride, a tap or a move, and sees what comes of it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.disputes import api as disputes
from citycard.flows import disputing
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.portals import dispute_words
from citycard.portals.doors import actor_of, door
from citycard.portals.resident import own, why

LONGEST = 500


class DisputeForm(forms.Form):
    """What is wrong, in a choice and a few words."""

    reason = forms.ChoiceField(
        label=gettext_lazy("哪裡有問題"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("請選擇哪裡有問題。")},
    )
    said = forms.CharField(
        label=gettext_lazy("補充說明"),
        help_text=gettext_lazy("例如當時的情形。只有承辦人員看得到，查閱會留下紀錄。"),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reason"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = dispute_words.reasons(kind)


@door(roles={"resident"}, member=True)
def new(request: HttpRequest, number: str) -> HttpResponse:
    """Ask what is wrong, and keep it."""
    thing = why.own_thing(request, number)
    form = DisputeForm(request.POST if request.method == "POST" else None, kind=thing.kind)
    if form.is_bound and form.is_valid():
        with unit_of_work():
            found = disputing.open_dispute(
                thing=thing,
                reason=form.cleaned_data["reason"],
                said=form.cleaned_data["said"],
                actor=actor_of(request),
                now=clock.now(),
            )
        messages.success(request, _("已收到，編號第 %(n)s 號。查明後會通知您。") % {"n": found.id})
        return redirect("resident:disputes")
    context = {"form": form, "number": thing.about, "at": thing.at}
    return render(request, "resident/dispute_new.html", context, status=422 if form.errors else 200)


@door(roles={"resident"}, member=True)
def list_disputes(request: HttpRequest) -> HttpResponse:
    """List my disputes, the newest first, with the answers."""
    found = disputes.disputes_of(
        access=own.own_access(request, disputes.FIELD), member_id=own.member_of(request)
    )
    lines = [dispute_words.line(one) for one in found]
    return render(request, "resident/disputes.html", {"lines": lines})


@door(roles={"resident"}, member=True)
def withdraw(request: HttpRequest, dispute_id: int) -> HttpResponse:
    """Take back one of my disputes."""
    if request.method == "POST":
        with unit_of_work():
            disputes.withdraw(
                dispute_id=dispute_id,
                member_id=own.member_of(request),
                actor=actor_of(request),
                now=clock.now(),
            )
        messages.success(request, _("已撤回這件申訴。"))
    return redirect("resident:disputes")
