"""My uses: every card's taps, and what a counter entered for me, newest first."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from citycard.portals.doors import door
from citycard.portals.naming import name_of
from citycard.portals.resident import own
from citycard.portals.why_words import code_words
from citycard.taps import api as taps

PAGE: Final = 50


@door(roles={"resident"}, member=True)
def uses(request: HttpRequest) -> HttpResponse:
    """List what the resident used, whichever card it was, or none."""
    found = taps.recent(
        access=own.own_access(request, "taps"), member_id=own.member_of(request), limit=PAGE
    )
    return render(
        request,
        "resident/uses.html",
        {
            "uses": [
                (
                    tap,
                    name_of("place", tap.place) if tap.place else "",
                    name_of("service", tap.service),
                    "" if tap.code.is_accepted else code_words(tap.code),
                    _("由櫃台登記") if tap.card_id is None else "",
                )
                for tap in found
            ]
        },
    )
