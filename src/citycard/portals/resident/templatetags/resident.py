"""Small words of the resident's pages. `{% load resident %}`"""

from django import template

from citycard.portals.standing import BADGES

register = template.Library()


@register.inclusion_tag("resident/parts/badge.html")
def case_badge(state: str) -> dict[str, str]:
    """Show an application's or a part's state as a badge."""
    return {"state": BADGES.get(state, state)}
