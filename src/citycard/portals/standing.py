"""How an application stands, as both the resident's door and the counter show it: its badge, why a
part was refused and how to object."""

from typing import Final

from django.utils.translation import gettext as _

from citycard.applications import api as applications
from citycard.infra.packs import current_pack
from citycard.portals.naming import in_language, name_of

BADGES: Final = {  # an application's or a part's state → the badge that shows it
    "checking": "checking",
    "waiting": "waiting",
    "deciding": "reviewing",
    "closed": "done",
    "withdrawn": "cancelled",
    "waiting_checks": "checking",
    "in_review": "reviewing",
    "supplement": "supplement",
    "approved": "approved",
    "refused": "refused",
    "completed": "done",
}


def badge_of(case: applications.Case) -> str:
    """Return the badge of a whole application; one that ended and gave nothing is not done."""
    states = applications.states
    gave = any(part.state == states.COMPLETED for part in case.parts)
    if case.state == states.CLOSED and not gave:
        return BADGES[states.REFUSED]
    return BADGES[case.state]


def refusal_of(part: applications.CasePart) -> dict[str, str]:
    """Return why a part was refused and how to object to that; nothing of any other."""
    if part.state != applications.states.REFUSED:
        return {}
    objection = in_language(current_pack().text("pack", "objection", "text"))
    return {
        "reason": _(f"applications.reason.{part.reason}") if part.reason else "",
        "objection": objection.replace("{agency}", name_of("agency", part.agency)),
    }
