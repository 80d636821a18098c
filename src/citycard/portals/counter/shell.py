"""What every view of this door shares: the clerk's counter, an access, and how pages are drawn."""

import datetime as dt
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from citycard.infra import clock
from citycard.infra.packs import current_pack
from citycard.infra.web.refusals import say
from citycard.kernel.access import Access
from citycard.kernel.errors import NotFound, Refused
from citycard.people import api as people
from citycard.portals.counter import words
from citycard.portals.doors import actor_of
from citycard.portals.naming import name_of

ROLES: Final = frozenset({"clerk"})
SERVICE: Final = "counter-service"
SEARCH: Final = "counter-search"


def counter_of(request: HttpRequest) -> str | None:
    """Return where the clerk sits."""
    return actor_of(request).counter


def today() -> dt.date:
    """Return the city's local day."""
    return current_pack().time.day(clock.now())


def open_person(request: HttpRequest, member_id: int, *fields: str) -> Access:
    """Open a person's fields for service at the counter; leaves a record that they can read."""
    return people.open_access(
        subject=member_id,
        fields=fields,
        purpose=SERVICE,
        actor=actor_of(request),
        now=clock.now(),
    )


def page(
    request: HttpRequest,
    template: str,
    *,
    refused: Refused | None = None,
    status: int | None = None,
    **facts: Any,
) -> HttpResponse:
    """Draw a page of this door.

    :param refused: why the last step was not taken; said above the work, with its own status
    """
    said = say(refused) if refused else None
    return render(
        request,
        f"counter/{template}.html",
        {**facts, "refused": said},
        status=status or (said.status if said else 200),
    )


def again(refusal: Refused) -> Refused:
    """Return a refusal that the page can show in place; what isn't there has no page.

    :raises NotFound: there is nothing to show it on
    """
    if isinstance(refusal, NotFound):
        raise refusal
    return refusal


def person_line(profile: people.Profile) -> dict[str, Any]:
    """Return a person as headings show them."""
    return {
        "name": profile.name,
        "birth_on": profile.birth_on,
        "age": words.age(profile.birth_on, today()),
        "sex": words.sex(profile.sex),
        "district": name_of("district", profile.district) if profile.district else "",
        "village": profile.village or "",
        "id_masked": profile.id_masked,
    }
