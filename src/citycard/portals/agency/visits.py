"""Offers at venues: how they are used, and cards that were let in free on two days."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from citycard.kernel.errors import NotFound
from citycard.offers import api as offers
from citycard.portals.agency.shell import own_agencies, page
from citycard.portals.doors import door
from citycard.portals.naming import in_language, name_of

SEES = {"organiser", "finance", "officer"}
SHOWN = 200


@door(roles=SEES)
def list_offers(request: HttpRequest) -> HttpResponse:
    """List the offers that the reader's agencies have to do with."""
    rows = [
        {
            "it": one,
            "name": in_language(one.name),
            "venues": [name_of("place", venue) for venue in one.venues],
        }
        for one in _own(request)
    ]
    return page(request, "offers", rows=rows)


@door(roles=SEES)
def report(request: HttpRequest, code: str) -> HttpResponse:
    """Show how an offer was used, and what came to light when the venues' entries met."""
    found = next((one for one in _own(request) if one.code == code), None)
    if found is None:
        raise NotFound(what="offer")
    told = offers.report(offer=code)
    return page(
        request,
        "offer",
        offer=found,
        name=in_language(found.name),
        report=told,
        terms=[_term(each) for each in found.terms],
        entries=sum(each.entries for each in told.totals),
        totals=[
            {
                "it": each,
                "venue": name_of("place", each.venue),
                "price_class": in_language(found.class_name(each.price_class)),
            }
            for each in told.totals
        ],
        doubles=[_double(each) for each in offers.double_days(offer=code, limit=SHOWN)],
    )


def _own(request: HttpRequest) -> list[offers.Offer]:
    own = set(own_agencies(request))
    return [one for one in offers.offers().values() if own & offers.agencies_of(offer=one.code)]


def _term(each: offers.Term) -> dict[str, Any]:
    whose = name_of("card_kind", each.card_kind) if each.card_kind else ""
    if each.right:
        whose = name_of("entitlement", each.right)
    return {"it": each, "name": in_language(each.name), "whose": whose}


def _double(each: offers.DoubleDay) -> dict[str, Any]:
    return {
        "it": each,
        "free": [(name_of("place", venue), at) for venue, at in each.free_at],
        "double": [(name_of("place", venue), at) for venue, at in each.double_at],
    }
