"""Look up why: a ride, tap or move of points by its number, for an officer with a purpose."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from citycard.disputes import api as disputes
from citycard.flows import explaining
from citycard.infra.clock import now
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.access import Access
from citycard.kernel.errors import Refused
from citycard.people import api as people
from citycard.portals import why_words
from citycard.portals.agency.book_words import check_city_wide
from citycard.portals.agency.shell import page
from citycard.portals.doors import actor_of, door

PURPOSE = "points-question"
SEES = {"finance", "officer"}


@door(roles=SEES)
def look_up(request: HttpRequest) -> HttpResponse:
    """Take a number and explain what it names; who looked is written down and shown to its owner.

    The number comes in a form, so that it stands in no address.
    """
    check_city_wide(request)
    number, facts, refused = request.POST.get("number", "").strip(), {}, ""
    if number:
        try:
            facts = explained(request, explaining.find(number=number))
        except Refused as no:
            refused = refusal_text(no)
    status = 422 if refused else 200
    return page(request, "why", status=status, number=number, refused=refused, **facts)


def explained(request: HttpRequest, thing: explaining.Thing) -> dict[str, Any]:
    """Return the explanation and whose it is, under an access of its own."""
    access = access_to(request, thing.member_id)
    return {
        "why": why_words.told(access, thing),
        "person": people.profile(access=access, member_id=thing.member_id),
        "access": access,
    }


def access_to(request: HttpRequest, member_id: int) -> Access:
    """Open what explaining reads of a person; the resident sees that it was."""
    return people.open_access(
        subject=member_id,
        fields=("name", "id_masked", disputes.FIELD, *why_words.FIELDS),
        purpose=PURPOSE,
        actor=actor_of(request),
        now=now(),
    )
