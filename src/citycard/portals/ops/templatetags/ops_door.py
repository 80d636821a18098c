"""What the frame of this door asks on every page, also on those that say no."""

from typing import Any

from django import template
from django.template.context import RequestContext

from citycard.agencies import api as agencies
from citycard.kernel.actors import Actor
from citycard.portals.naming import name_of

register = template.Library()


@register.simple_tag(takes_context=True)
def frame(context: RequestContext) -> dict[str, Any]:
    """Return which parts of the door are open to the reader."""
    actor = getattr(context.get("request"), "actor", None)
    if not isinstance(actor, Actor):
        return {}
    roles = actor.roles
    return {
        "agency": name_of("agency", actor.agency) if actor.agency else "",
        "sees": bool(roles & {"operator", "officer"}),
        "losses": bool(roles & {"operator", "officer", "auditor"}),
        "retries": "operator" in roles,
        "audits": bool(roles & {"officer", "auditor"}),
        "books": bool(roles & {"officer", "auditor"}) and actor.agency == agencies.operator(),
        "decides": "officer" in roles,
        "reviews": bool(roles & {"reviewer", "officer", "organiser", "finance"}),
    }
