"""My cards: one page a card, and reporting one lost."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access
from citycard.people import api as people
from citycard.portals import loss_story
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of
from citycard.portals.resident import faces, own, satisfaction
from citycard.portals.why_words import code_words
from citycard.taps import api as taps

RECENT = 20


@door(roles={"resident"}, member=True)
def card(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show one of the resident's cards, what it opens, and where it was used."""
    member_id = own.member_of(request)
    access = own.own_access(request, "name", "cards", "rights", "taps")
    found = own_card(request, public_id)
    today = clock.today()
    rights = entitlements.rights_of(access=access, member_ids=[member_id], on=today)[member_id]
    profile = people.profile(access=access, member_id=member_id)
    recent = taps.recent(access=access, member_id=member_id, limit=RECENT)
    context = {
        "card": found,
        "question": satisfaction.question(member_id, recent),
        "face": faces.face_of(found, holder=profile.name or "", rights=rights),
        "functions": faces.functions_of(found, rights=rights, on=today),
        "taps": [
            (
                tap,
                name_of("place", tap.place) if tap.place else "",
                name_of("service", tap.service),
                "" if tap.code.is_accepted else code_words(tap.code),
            )
            for tap in recent
            if tap.card_id == found.card_id
        ],
    }
    return render(request, "resident/card.html", context | _loss(found, access, member_id))


def _loss(found: cards.CardView, access: Access, member_id: int) -> dict[str, Any]:
    """Return how far a lost card's report has got, and who bears what."""
    clock_of_loss = cards.loss_clock(card_id=found.card_id) if found.state == "lost" else None
    if clock_of_loss is None:
        return {}
    around = taps.lost_card_taps(
        access=access,
        member_id=member_id,
        card_id=found.card_id,
        lost_at=clock_of_loss.reported_at,
    )
    issuer = cards.card_table().media[found.medium].issuer
    return {
        "loss_steps": loss_story.steps(clock_of_loss),
        "loss_lines": loss_story.lines(around),
        "stored_value": loss_story.stored_value(issuer),
    }


@door(roles={"resident"}, member=True, level=1)
def report_lost(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Report a card lost: it opens nothing any more from this instant, and cannot be revived."""
    found = own_card(request, public_id)
    if request.method == "POST":
        with unit_of_work():
            cards.report_lost(card_id=found.card_id, actor=actor_of(request), now=clock.now())
        messages.success(request, _("已掛失。這張卡從現在起不能使用。"))
        return redirect("resident:card", public_id=public_id)
    return render(request, "resident/report_lost.html", {"card": found})


def own_card(request: HttpRequest, public_id: uuid.UUID) -> cards.CardView:
    """Return one of the resident's own cards; another's is not found."""
    member_id = own.member_of(request)
    mine = cards.cards_of(access=own.own_access(request, "cards"), member_id=member_id)
    found = next((one for one in mine if one.public_id == public_id), None)
    if found is None:
        raise Http404
    return found
