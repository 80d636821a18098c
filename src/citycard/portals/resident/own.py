"""One's own data: who is signed in, and the access that opens what is theirs."""

from django.http import HttpRequest
from django.utils.translation import get_language

from citycard.flows import offering_rights
from citycard.infra import clock
from citycard.kernel.access import Access
from citycard.people import api as people
from citycard.portals.doors import actor_of

PURPOSE = "own-data"


def member_of(request: HttpRequest) -> int:
    """Return the signed-in resident's member id; the door has made sure that there is one."""
    member_id = actor_of(request).member_id
    assert member_id is not None, "a page of own data needs a route that asks for a member"
    return int(member_id)


def own_access(request: HttpRequest, *fields: str) -> Access:
    """Open the signed-in resident's own fields; leaves no record, since nobody else looks."""
    return people.open_access(
        subject=member_of(request),
        fields=fields,
        purpose=PURPOSE,
        actor=actor_of(request),
        now=clock.now(),
    )


def reader_language() -> str:
    """Return the reader's language as packs name it: ``zh-Hant`` or ``en``."""
    return "en" if (get_language() or "").startswith("en") else "zh-Hant"


def is_told_of_offers(member_id: int) -> bool:
    """Tell whether the resident agreed to be told what they may apply for."""
    return people.ground_for(member_id=member_id, purpose=offering_rights.PURPOSE) is not None
