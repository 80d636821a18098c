"""An agency's own systems: connecting one (its key is shown once), new keys, taking one out."""

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
from citycard.kernel.errors import NotFound
from citycard.portals.agency.shell import own_agencies, page
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of

ROLES = {"organiser"}


class ConnectForm(forms.Form):
    """A system to connect."""

    code = forms.SlugField(
        label=gettext_lazy("系統代碼"),
        max_length=40,
        help_text=gettext_lazy("例如 SPORTS-CRM；用過的代碼不能再用。"),
    )
    agency = forms.ChoiceField(label=gettext_lazy("所屬機關"))

    def __init__(self, *args: Any, own: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["agency"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, name_of("agency", code)) for code in own]


@door(roles=ROLES)
def list_systems(request: HttpRequest) -> HttpResponse:
    """List systems; connect one when a form was sent."""
    own = own_agencies(request)
    form = ConnectForm(request.POST if request.method == "POST" else None, own=own)
    if form.is_bound and form.is_valid():
        try:
            with unit_of_work():
                connected = agencies.connect_client(
                    code=form.cleaned_data["code"],
                    agency=form.cleaned_data["agency"],
                    actor=actor_of(request),
                    now=now(),
                )
        except agencies.ClientCodeUsed as used:
            form.add_error("code", refusal_text(used))
        else:
            return page(request, "system_key", connected=connected)
    rows = [
        {"system": one, "agency": name_of("agency", one.agency)}
        for agency in own
        for one in agencies.clients(agency=agency)
    ]
    return page(request, "systems", status=422 if form.is_bound else 200, form=form, rows=rows)


@door(roles=ROLES)
def change(request: HttpRequest, client_id: int) -> HttpResponse:
    """Give a system a new key, or take it out."""
    found = agencies.client(client_id=client_id)
    if found.agency not in own_agencies(request):
        raise NotFound(what="system")
    wanted = request.POST.get("do", "") if request.method == "POST" else ""
    actor, at = actor_of(request), now()
    if wanted == "rotate":
        with unit_of_work():
            rotated = agencies.rotate_client_key(client_id=client_id, actor=actor, now=at)
        return page(request, "system_key", connected=rotated)
    if wanted == "revoke":
        with unit_of_work():
            agencies.revoke_client(client_id=client_id, actor=actor, now=at)
        messages.success(request, _("%(code)s 已停用。") % {"code": found.code})
    return HttpResponseRedirect(reverse("agency:systems"))
