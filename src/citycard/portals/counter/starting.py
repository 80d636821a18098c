"""A new application: which services, and for whom if we know them already."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from citycard.applications import api as applications
from citycard.infra import clock
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import Refused
from citycard.people import api as people
from citycard.portals import filling
from citycard.portals.counter.handles import member_of
from citycard.portals.counter.shell import ROLES, again, counter_of, open_person, page
from citycard.portals.doors import door
from citycard.portals.naming import in_language, name_of

_KNOWN = (
    "name", "birth_on", "sex", "district", "id_number", "phone", "email", "address",
)  # fmt: skip


@door(roles=ROLES)
def begin(request: HttpRequest) -> HttpResponse:
    """Choose services, anew for a draft that is named; number keys tick them, Enter goes on."""
    begun = filling.begun(request)
    before = list(begun.services) if begun else request.GET.getlist("service")
    chosen = request.POST.getlist("services")
    refused: Refused | None = None
    if request.method == "POST" and chosen:
        try:
            known = {} if begun else _known(request)
            draft = filling.take_services(request, begun, chosen, known)
        except Refused as refusal:
            refused = again(refusal)
        else:
            return HttpResponseRedirect(reverse("counter:form", args=[draft.public_id]))
    nothing = request.method == "POST" and not chosen
    return page(
        request,
        "new",
        refused=refused,
        status=422 if nothing else None,
        nothing_chosen=nothing,
        services=_offered(chosen or before),
        about=request.GET.get("for", ""),
    )


def _offered(chosen: list[str]) -> list[dict[str, Any]]:
    form = applications.form()
    closed = applications.closed_services(form=form, now=clock.now())
    return [
        {
            "code": code,
            "name": in_language(row.name),
            "intro": in_language(row.settings.get("intro", {})),
            "agency": name_of("agency", row.agency),
            "is_chosen": code in chosen and code not in closed,
            "closed": refusal_text(closed[code]) if code in closed else "",
            "key": str(n) if n <= 9 else "",
        }
        for n, (code, row) in enumerate(form.services.items(), 1)
    ]


def _known(request: HttpRequest) -> dict[str, Any]:
    """Return what the city knows of the person already, so that nobody types it again."""
    answers: dict[str, Any] = {"applied_by": "self", "pickup_counter": counter_of(request) or ""}
    handle = request.GET.get("for", "")
    if not handle:
        return answers
    member_id = member_of(request, handle)
    access = open_person(request, member_id, *_KNOWN)
    profile = people.profile(access=access, member_id=member_id)
    known = {field: getattr(profile, field) for field in _KNOWN}
    return answers | {
        field: value.isoformat() if hasattr(value, "isoformat") else value
        for field, value in known.items()
        if value
    }
