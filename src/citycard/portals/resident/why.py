"""Why: one ride or tap of mine, executed again by the rule that decided."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from citycard.disputes import api as disputes
from citycard.flows import explaining
from citycard.portals import why_words
from citycard.portals.doors import door
from citycard.portals.resident import own
from citycard.portals.resident.disputes_seen import disputed


@door(roles={"resident"}, member=True)
def thing(request: HttpRequest, number: str) -> HttpResponse:
    """Explain a ride, or a tap that was let in or refused."""
    found = own_thing(request, number)
    access = own.own_access(request, *why_words.FIELDS, disputes.FIELD)
    context = {
        "why": why_words.told(access, found),
        "is_ride": found.kind == "ride",
        **disputed(access, found.member_id, found.about),
    }
    return render(request, "resident/why.html", context)


def own_thing(request: HttpRequest, number: str) -> explaining.Thing:
    """Return what a number names, if it is the resident's own."""
    found = explaining.find(number=number)
    if found.member_id != own.member_of(request):
        raise Http404
    return found
