"""Finding somebody: by part of the name, ID number, telephone, card number or case reference."""

import re
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from citycard.applications import api as applications
from citycard.cards import api as cards
from citycard.infra import clock
from citycard.kernel.errors import NotFound
from citycard.people import api as people
from citycard.portals.counter import words
from citycard.portals.counter.handles import handle_of
from citycard.portals.counter.shell import ROLES, SEARCH, page, today
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of

MOST = 20
_FIELDS = ("name", "birth_on", "sex", "district", "id_masked")


@dataclass(frozen=True, kw_only=True)
class Found:
    """A person in the results, as much as tells them from another of the same name."""

    handle: str
    name: str
    about: str
    id_masked: str
    by_card: bool = False


@door(roles=ROLES)
def search(request: HttpRequest) -> HttpResponse:
    """Show who is meant, masked; every search is recorded, also one that finds nobody.

    What is searched for is posted: a name or an ID number must not stand in an address.
    """
    text = request.POST.get("q", "").strip()
    if not text:
        return HttpResponseRedirect(reverse("counter:home"))
    ref = _as_case(text)
    if ref is not None:
        return HttpResponseRedirect(reverse("counter:case", args=[ref]))
    found = _by_card(request, text) or _by_person(request, text)
    return page(request, "search", q=text, found=found, at_most=len(found) >= MOST)


def _as_case(text: str) -> str | None:
    try:
        return applications.find(ref=text).ref
    except NotFound:
        return None


def _by_card(request: HttpRequest, text: str) -> list[Found]:
    number = re.sub(r"[\s-]", "", text).upper()
    card = cards.find_by_any_number(number=number) if len(number) >= 8 else None
    if card is None or card.member_id is None:
        return []
    access = people.open_access(
        subject=card.member_id,
        fields=_FIELDS,
        purpose=SEARCH,
        actor=actor_of(request),
        now=clock.now(),
    )
    return [_found(request, people.profile(access=access, member_id=card.member_id), by_card=True)]


def _by_person(request: HttpRequest, text: str) -> list[Found]:
    matches = people.search(
        text=text, purpose=SEARCH, actor=actor_of(request), now=clock.now(), limit=MOST
    )
    return [_found(request, match) for match in matches]


def _found(
    request: HttpRequest, who: people.Match | people.Profile, *, by_card: bool = False
) -> Found:
    age = words.age(who.birth_on, today())
    about = (
        who.birth_on.isoformat() if who.birth_on else "",
        f"{age}" if age is not None else "",
        words.sex(who.sex),
        name_of("district", who.district) if who.district else "",
    )
    return Found(
        handle=handle_of(request, who.member_id),
        name=who.name or "",
        about=" · ".join(filter(None, about)),
        id_masked=who.id_masked or "",
        by_card=by_card,
    )
