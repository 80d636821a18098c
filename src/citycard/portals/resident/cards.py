"""My cards: one page a card, reporting one lost, and which of them carries what one alone may."""

import uuid
from collections.abc import Sequence
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
from citycard.portals import card_fees, loss_story, right_moves
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
    held = cards.cards_of(access=access, member_id=member_id)
    found = _one_of(held, public_id)
    today = clock.today()
    rights = entitlements.rights_of(access=access, member_ids=[member_id], on=today)[member_id]
    codes = {right.entitlement for right in rights}
    carriers = right_moves.carriers_of(member_id)
    movable = right_moves.movable_to(found, carriers=carriers, held=held, rights=codes)
    elsewhere = right_moves.elsewhere(found, carriers=carriers, rights=codes)
    profile = people.profile(access=access, member_id=member_id)
    recent = taps.recent(access=access, member_id=member_id, limit=RECENT)
    context = {
        "card": found,
        "question": satisfaction.question(member_id, recent),
        "face": faces.face_of(found, holder=profile.name or "", rights=rights, elsewhere=elsewhere),
        "issued_by": faces.issuer_of(found),
        "functions": [
            one
            for one in faces.functions_of(found, rights=rights, on=today)
            if one.code not in elsewhere
        ],
        "movable": movable,
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
    context = {"card": found, "replacement": card_fees.replacement(found.kind)}
    return render(request, "resident/report_lost.html", context)


@door(roles={"resident"}, member=True, level=1)
def move_right(request: HttpRequest, public_id: uuid.UUID, right: str) -> HttpResponse:
    """Move a right that one card alone carries to this one of the resident's cards."""
    member_id, today = own.member_of(request), clock.today()
    access = own.own_access(request, "cards", "rights")
    held = cards.cards_of(access=access, member_id=member_id)
    found = _one_of(held, public_id)
    if request.method == "POST":
        right_moves.move(
            found,
            held=held,
            entitlement=right,
            seen=request.POST.get("seen", ""),
            actor=actor_of(request),
            now=clock.now(),
        )
        messages.success(request, _("已改由這張卡使用，現在就生效。"))
        return redirect("resident:card", public_id=public_id)
    rights = entitlements.rights_of(access=access, member_ids=[member_id], on=today)[member_id]
    codes = {one.entitlement for one in rights}
    carriers = right_moves.carriers_of(member_id)
    movable = right_moves.movable_to(found, carriers=carriers, held=held, rights=codes)
    chosen = next((one for one in movable if one.entitlement == right), None)
    if chosen is None:
        return redirect("resident:card", public_id=public_id)
    return render(request, "resident/move_right.html", {"card": found, "one": chosen})


def own_card(request: HttpRequest, public_id: uuid.UUID) -> cards.CardView:
    """Return one of the resident's own cards; another's is not found."""
    member_id = own.member_of(request)
    mine = cards.cards_of(access=own.own_access(request, "cards"), member_id=member_id)
    return _one_of(mine, public_id)


def _one_of(held: Sequence[cards.CardView], public_id: uuid.UUID) -> cards.CardView:
    found = next((one for one in held if one.public_id == public_id), None)
    if found is None:
        raise Http404
    return found
