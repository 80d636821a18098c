"""The first page: the card, the points, and what waits for me; or, signed out, what this is."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from citycard.applications import api as applications
from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.infra import clock
from citycard.infra.web.parts import CardFace
from citycard.notify import api as notify
from citycard.people import api as people
from citycard.portals import right_moves
from citycard.portals.doors import ANYONE, actor_of, door
from citycard.portals.resident import faces, offering, own, units


@door(roles=ANYONE)
def home(request: HttpRequest) -> HttpResponse:
    """Show the card first; a visitor sees what the card is and where to begin."""
    if not actor_of(request).has_any_role("resident"):
        return render(request, "resident/start.html", {"services": offering.catalogue()})
    cases = applications.cases_of(actor=actor_of(request))
    if actor_of(request).member_id is None:
        return render(request, "resident/newcomer.html", {"cases": cases})
    return render(request, "resident/home.html", {"cases": cases, **_own(request)})


def _own(request: HttpRequest) -> dict[str, object]:
    member_id = own.member_of(request)
    access = own.own_access(request, "name", "cards", "rights", "points", "messages", "district")
    today = clock.today()
    profile = people.profile(access=access, member_id=member_id)
    rights = entitlements.rights_of(access=access, member_ids=[member_id], on=today)[member_id]
    held = cards.cards_of(access=access, member_id=member_id)
    codes = {right.entitlement for right in rights}
    carriers = right_moves.carriers_of(member_id)

    def face(card: cards.CardView) -> CardFace:
        away = right_moves.elsewhere(card, carriers=carriers, rights=codes)
        return faces.face_of(card, holder=profile.name or "", rights=rights, elsewhere=away)

    return {
        "profile": profile,
        "held": [(card, face(card)) for card in held if card.state in faces.SHOWN_STATES],
        "balances": units.mine(access, member_id, today),
        "unread": notify.unread_count(access=access, member_id=member_id),
        "offers": offering.may_have(access, member_id, today),
        "told_of_offers": own.is_told_of_offers(member_id),
    }
