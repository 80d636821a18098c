"""Programmes that are open for a time: how they stand, and closing or opening one at once."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.flows import switching
from citycard.infra.clock import now
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import NotFound, Refused
from citycard.portals.agency.shell import page
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language, name_of

SEES = {"officer", "finance", "organiser", "reviewer"}


class SwitchForm(forms.Form):
    """What to switch to, and what people are told."""

    state = forms.ChoiceField(
        label=gettext_lazy("改為"),
        choices=[
            ("closed", gettext_lazy("立即停止受理")),
            ("open", gettext_lazy("立即開放受理")),
            ("windows", gettext_lazy("恢復依公告期間")),
        ],
    )
    told = forms.CharField(
        label=gettext_lazy("對民眾的說明"),
        max_length=200,
        help_text=gettext_lazy("會顯示在申辦頁面與櫃台，請勿填寫個人資料。"),
    )
    reason = forms.CharField(
        label=gettext_lazy("原因與依據"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("例如公文字號；給覆核的同仁看。"),
    )


@door(roles=SEES)
def list_programmes(request: HttpRequest) -> HttpResponse:
    """List the programmes and what they take at present."""
    at = now()
    may = agencies.may_propose(kind=switching.KIND, actor=actor_of(request))
    rows = [_line(each) for each in cards.programmes(now=at)]
    return page(request, "programmes", rows=rows, may_switch=may)


@door(roles={"officer"})
def switch(request: HttpRequest, code: str) -> HttpResponse:
    """Propose to close or open a programme at once; a second officer carries it out."""
    found = next(
        (each for each in cards.programmes(now=now()) if each.programme.code == code), None
    )
    if found is None:
        raise NotFound(what="programme")
    form = SwitchForm(request.POST if request.method == "POST" else None)
    refused = ""
    if form.is_bound and form.is_valid():
        try:
            number = _propose(request, code, form.cleaned_data)
        except Refused as no:
            refused = refusal_text(no)
        else:
            messages.success(request, _("已提出，等待另一位同仁覆核。"))
            return HttpResponseRedirect(reverse("agency:approval", args=[number]))
    once = request.POST.get("once") or uuid.uuid4().hex
    return page(
        request,
        "programme_switch",
        status=422 if form.is_bound else 200,
        form=form,
        refused=refused,
        once=once,
        **_line(found),
    )


def _propose(request: HttpRequest, code: str, given: dict[str, Any]) -> int:
    once = "".join(it for it in request.POST.get("once", "") if it.isalnum())[:40]
    with unit_of_work():
        return agencies.propose(
            kind=switching.KIND,
            about=f"programme:{code}:{once or uuid.uuid4().hex}",
            content={"programme": code, "state": given["state"], "told": given["told"]},
            reason=given["reason"],
            actor=actor_of(request),
            now=now(),
        )


def act_name(act: str) -> str:
    """Return what a programme's act is called."""
    return {"apply": _("申請"), "issue": _("製卡與發放"), "reissue": _("補換發")}[act]


def state_name(state: str) -> str:
    """Return what a switch does, in words."""
    names = {
        "closed": _("立即停止受理"),
        "open": _("立即開放受理"),
        "windows": _("恢復依公告期間"),
    }
    return names.get(state, state)


def _line(each: cards.ProgrammeState) -> dict[str, Any]:
    return {
        "it": each,
        "name": in_language(each.programme.name),
        "agency": name_of("agency", each.programme.agency),
        "kinds": [name_of("card_kind", kind) for kind in sorted(each.programme.card_kinds)],
        "taken": [act_name(act) for act in cards.ACTS if act in each.open],
        "is_open": bool(each.open),
        "closed": in_language(each.programme.closed),
        "windows": each.programme.windows,
    }
