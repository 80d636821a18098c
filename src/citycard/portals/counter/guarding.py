"""A child's guardians at the counter: recorded from a paper that the clerk sees, ended with why."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.flows import guarding
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.forms import ChoiceCards
from citycard.infra.web.parts import Choice
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import Refused
from citycard.people import api as people
from citycard.portals.counter.handles import handle_of, member_of
from citycard.portals.counter.shell import ROLES, again, open_person, page, person_line, today
from citycard.portals.doors import actor_of, door

_WHO = ("name", "birth_on", "sex", "district", "id_masked")
BASES: dict[people.Basis, Any] = {
    "household": gettext_lazy("戶口名簿或戶籍謄本"),
    "court": gettext_lazy("法院裁定"),
    "foreign_paper": gettext_lazy("外國文件及其譯本"),
}


class GuardianForm(forms.Form):
    """Who guards the child, and by which paper."""

    number = forms.CharField(
        label=gettext_lazy("法定代理人的證號"),
        max_length=12,
        help_text=gettext_lazy("照證件正本輸入；須先是會員。"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    basis = forms.ChoiceField(label=gettext_lazy("看過的文件"), choices=list(BASES.items()))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named: dict[str, Choice] = {c: Choice(title=str(name)) for c, name in BASES.items()}
        self.fields["basis"].widget = ChoiceCards(cards=named, choices=list(BASES.items()))


class EndForm(forms.Form):
    """Why somebody guards the child no longer."""

    reason = forms.CharField(
        label=gettext_lazy("為什麼結束"),
        max_length=200,
        error_messages={"required": gettext_lazy("請寫下原因。")},
    )


@door(roles=ROLES)
def guardians(request: HttpRequest, handle: str) -> HttpResponse:
    """List a child's guardians; record one, or end one."""
    child_id = member_of(request, handle)
    access = open_person(request, child_id, *_WHO)
    form, end = GuardianForm(), EndForm()
    if request.method == "POST":
        ends = request.POST.get("do") == "end"
        sent = EndForm(request.POST) if ends else GuardianForm(request.POST)
        if sent.is_valid():
            try:
                _end(request, child_id, sent) if ends else _record(request, child_id, sent)
            except Refused as refusal:
                sent.add_error(None if ends else "number", refusal_text(again(refusal)))
            else:
                messages.success(request, _("已結束。") if ends else _("已登錄。"))
                return HttpResponseRedirect(reverse("counter:guardians", args=[handle]))
        form, end = (form, sent) if isinstance(sent, EndForm) else (sent, end)
    return page(
        request,
        "guardians",
        status=422 if form.errors or end.errors else None,
        handle=handle,
        form=form,
        end=end,
        who=person_line(people.profile(access=access, member_id=child_id)),
        guardians=_named(request, child_id),
    )


def _record(request: HttpRequest, child_id: int, sent: forms.Form) -> None:
    guarding.record(
        child_id=child_id,
        id_number=sent.cleaned_data["number"],
        basis=sent.cleaned_data["basis"],
        actor=actor_of(request),
        now=clock.now(),
    )


def _end(request: HttpRequest, child_id: int, sent: forms.Form) -> None:
    with unit_of_work():
        people.end_guardian(
            child_id=child_id,
            guardian_id=member_of(request, request.POST.get("guardian", "")),
            reason=sent.cleaned_data["reason"],
            actor=actor_of(request),
            now=clock.now(),
        )


def _named(request: HttpRequest, child_id: int) -> list[dict[str, Any]]:
    lines = []
    for one in people.guardians_of(child_ids=[child_id], on=today()):
        access = open_person(request, one.guardian_id, "name", "id_masked")
        profile = people.profile(access=access, member_id=one.guardian_id)
        lines.append(
            {
                "name": profile.name,
                "id_masked": profile.id_masked,
                "handle": handle_of(request, one.guardian_id),
                "basis": BASES[one.basis],
                "since": one.since,
            }
        )
    return lines
