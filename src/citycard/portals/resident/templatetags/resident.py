"""Small words of the resident's pages. `{% load resident %}`"""

from django import template

from citycard.applications import api as applications
from citycard.portals.standing import badge_of

register = template.Library()


@register.inclusion_tag("resident/parts/badge.html")
def case_badge(case: applications.Case) -> dict[str, str]:
    """Show how an application stands as a badge."""
    return {"state": badge_of(case)}
