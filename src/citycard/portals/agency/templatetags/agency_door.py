"""What the frame of this door asks on every page, also on those that say no."""

from typing import Any

from django import template
from django.template.context import RequestContext

from citycard.activities import api as activities
from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.flows import rostering
from citycard.infra.packs import current_pack
from citycard.kernel.actors import Actor
from citycard.offers import api as offers
from citycard.portals.agency import (
    allowances,
    approvals,
    attendance,
    book_words,
    home,
    numbers,
    policies,
    programmes,
    reconciliation,
    refunds,
    ride_settlement,
    rosters,
    visits,
    why,
)
from citycard.portals.naming import name_of

register = template.Library()


@register.simple_tag(takes_context=True)
def frame(context: RequestContext) -> dict[str, Any]:
    """Return whose agency it is and which parts of the door are open to the reader."""
    request = context.get("request")
    actor = getattr(request, "actor", None)
    if not isinstance(actor, Actor):
        return {}
    roles = actor.roles
    return {
        "agency": name_of("agency", actor.agency) if actor.agency else "",
        "reviews": bool(roles & {"reviewer", "officer"}),
        "settles": bool(roles & {"organiser", "finance"}),
        "volunteers": bool(roles & {"organiser", "finance"}) and activities.has_time_bank(),
        "attendance": bool(roles & attendance.SEES)
        and bool(attendance.kinds_at(current_pack().agencies_under(actor.agency or ""))),
        "manages": "organiser" in roles,
        "figures": bool(roles & {"organiser", "finance", "reviewer", "officer"}),
        "allowances": bool(roles & allowances.ROLES) and allowances.gives(actor.agency or ""),
        "reconciles": bool(roles & reconciliation.SEES) and actor.agency == agencies.operator(),
        "policies": bool(roles & policies.ROLES),
        "refunds": bool(roles & refunds.SEES),
        "disputes": bool(roles & why.SEES) and actor.agency == agencies.operator(),
        "rides": bool(roles & ride_settlement.SEES),
        "home": bool(roles & home.ROLES),
        "books": bool(roles & book_words.SEES) and actor.agency == agencies.operator(),
        "mass_changes": "officer" in roles and actor.agency == agencies.operator(),
        "approves": bool(roles & approvals.SEES),
        "waiting": lambda: _waiting(request, actor),
        "programmes": bool(roles & programmes.SEES) and cards.programmes_limit(),
        "offers": bool(roles & visits.SEES) and bool(offers.offers()),
        "rosters": bool(roles & rosters.ROLES)
        and bool(rostering.rosters_of(agency=actor.agency or "")),
        "numbers": bool(roles & numbers.ROLES) and numbers.has_numbers(actor.agency or ""),
        "operates": bool(roles & {"operator", "officer"}),
    }


def _waiting(request: Any, actor: Actor) -> int:
    """Count what waits for the reader's own decision; asked for once a page, by the navigation."""
    return len(approvals.waiting_for(request)) if actor.roles & approvals.ACTS else 0
