"""Demo cities only: be one of the ready personas. And signing out, for everybody."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from citycard.identity import api as identity
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.portals.doors import ANYONE, door, sign_out
from citycard.portals.signing_in import returning

_ICONS = {
    "resident": "user-round",
    "clerk": "id-card",
    "reviewer": "clipboard-check",
    "organiser": "calendar-heart",
    "finance": "receipt",
    "operator": "activity",
    "officer": "shield-check",
    "auditor": "scan-eye",
}


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A persona as the page shows it."""

    code: str
    name: str
    icon: str


def offered_to(kind: str) -> Sequence[Offer]:
    """Return the personas of residents or of staff; none outside a demo."""
    language = get_language() or "zh-hant"
    return [
        Offer(
            code=one.code,
            name=one.name.in_(language),
            icon=next((_ICONS[role] for role in one.roles if role in _ICONS), "user-round"),
        )
        for one in identity.personas()
        if one.kind == kind
    ]


@require_POST
@door(roles=ANYONE)
def enter(request: HttpRequest) -> HttpResponse:
    """Sign in as a persona."""
    with unit_of_work():
        account = identity.sign_in_persona(code=request.POST.get("code", ""), now=clock.now())
    return returning.enter(request, account, level=account.level)


@require_POST
@door(roles=ANYONE)
def leave(request: HttpRequest) -> HttpResponse:
    """End the session and go to the door's front."""
    was_staff = request.POST.get("door") == "staff"
    sign_out(request)
    return redirect("signing_in:staff" if was_staff else "/")
