"""Showing a card on the phone: codes that renew themselves while the page is open."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.portals import code_pictures
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of
from citycard.portals.resident import own
from citycard.portals.resident.cards import own_card
from citycard.wallet import api as wallet


@require_GET
@never_cache
@door(roles={"resident"}, member=True, level=1)
def show(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a card as a code that scanners read; the page renews it by itself."""
    return render(request, "resident/show.html", _shown(request, public_id))


@require_GET
@never_cache
@door(roles={"resident"}, member=True, level=1)
def code(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Answer the next code, for the page that is open."""
    return render(
        request, "resident/parts/code.html", {**_shown(request, public_id), "again": True}
    )


@require_POST
@door(roles={"resident"}, member=True, level=1)
def renew(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Draw other pseudonyms for a card: who photographed a code has nothing any more."""
    found = own_card(request, public_id)
    with unit_of_work():
        wallet.renew(
            card_id=found.card_id,
            member_id=own.member_of(request),
            actor=actor_of(request),
            now=clock.now(),
        )
    messages.success(request, _("已換成新的代號；先前被拍下的代碼都不能用了。"))
    return redirect("resident:show_card", public_id=public_id)


def _shown(request: HttpRequest, public_id: uuid.UUID) -> dict[str, Any]:
    found, now = own_card(request, public_id), clock.now()
    access = own.own_access(request, "cards")
    with unit_of_work():
        shown = wallet.show(
            access=access,
            card_id=found.card_id,
            member_id=own.member_of(request),
            now=now,
        )
    return {
        "card": found,
        "name": name_of("card_kind", found.kind),
        "square": code_pictures.square(shown.square, label=_("出示用的二維條碼")),
        "line": code_pictures.line(shown.line, label=_("出示用的一維條碼")),
        "digits": _in_fours(shown.line),
        "until": clock.city_time().local(shown.until).strftime("%H:%M:%S"),
        "seconds": int((shown.until - now).total_seconds()),
    }


def _in_fours(digits: str) -> str:
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))
