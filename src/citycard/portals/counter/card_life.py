"""One card of a person's: stopped for a while, let go on, no longer theirs, given back; each with a
reason. A right that one card alone carries is moved here, too."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.parts import Entry
from citycard.kernel.errors import Refused
from citycard.people import api as people
from citycard.portals import loss_story, right_moves
from citycard.portals.counter.handles import member_of
from citycard.portals.counter.shell import ROLES, again, open_person, page, person_line, today
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of

WHO: Final = ("name", "birth_on", "sex", "district", "id_masked")
STEPS: Final[Mapping[str, Mapping[str, Any]]] = {  # what may be done: reasons and words
    "suspend": {
        "reasons": (
            ("holder_asked", _("持卡人要求")),
            ("found", _("拾獲，由櫃台保管")),
            ("under_check", _("資料待查對")),
        ),
        "said": _("已暫停。這張卡現在不能使用，隨時可以恢復。"),
    },
    "resume": {
        "reasons": (
            ("holder_asked", _("持卡人要求")),
            ("given_back", _("已交還持卡人")),
            ("checked", _("資料查對無誤")),
        ),
        "said": _("已恢復，這張卡現在就可以使用。"),
    },
    "unbind": {
        "reasons": (
            ("not_used", _("持卡人不再用這張卡")),
            ("not_theirs", _("歸戶給錯的人")),
            ("holder_moved", _("持卡人遷出或不再使用服務")),
        ),
        "said": _("已解除歸戶。點數與權益留在本人的帳號。"),
    },
    "give_back": {
        "reasons": (
            ("holder_gave_back", _("持卡人不再使用，繳回卡片")),
            ("replaced", _("已改用另一張卡")),
            ("holder_moved", _("持卡人遷出或資格已結束")),
            ("holder_died", _("持卡人過世，由家屬繳回")),
        ),
        "said": _("已收回。這張卡從現在起永久停用，請把卡片截角後留存。"),
    },
}
_OPEN: Final = {
    "active": ("suspend", "unbind", "give_back"),
    "issued": ("resume", "unbind", "give_back"),
}
_OPEN_SUSPENDED: Final = ("resume", "unbind", "give_back")
MOVE: Final = "move"


@door(roles=ROLES)
def card(request: HttpRequest, handle: str, public_id: uuid.UUID) -> HttpResponse:
    """Show a card and what may be done with it; take the step that was chosen."""
    member_id = member_of(request, handle)
    access = open_person(request, member_id, "cards", "rights", *WHO)
    held = cards.cards_of(access=access, member_id=member_id)
    found = next((one for one in held if one.public_id == public_id), None)
    if found is None:
        raise Http404
    refused: Refused | None = None
    step, reason = request.POST.get("do", ""), request.POST.get("reason", "")
    may = _may(found)
    chosen = request.method == "POST" and step in may
    wanted: Callable[[], None] | None = None
    if chosen and reason in dict(STEPS[step]["reasons"]):
        said = STEPS[step]["said"]
        wanted = partial(_taken, step, reason, found, request)
    elif request.method == "POST" and step == MOVE:
        said = _("已改由這張卡使用，原來的卡片不再適用這項權益。")
        wanted = partial(_moved, request, found, held)
    if wanted is not None:
        try:
            wanted()
        except Refused as refusal:
            refused = again(refusal)
        else:
            messages.success(request, str(said))
            return HttpResponseRedirect(reverse("counter:person", args=[handle]))
    rights = entitlements.rights_of(access=access, member_ids=[member_id], on=today())
    carriers = right_moves.carriers_of(member_id)
    return page(
        request,
        "card",
        refused=refused,
        status=422 if request.method == "POST" and refused is None else None,
        handle=handle,
        card=found,
        kind=name_of("card_kind", found.kind),
        medium=name_of("medium", found.medium),
        steps=[{"code": code, "reasons": STEPS[code]["reasons"]} for code in may],
        movable=right_moves.movable_to(
            found,
            carriers=carriers,
            held=held,
            rights={one.entitlement for one in rights[member_id]},
        ),
        carried=right_moves.carried_by(found, carriers=carriers),
        followers=_followers(found, held),
        no_reason=step if chosen and not reason else "",
        loss_steps=_loss_steps(found),
        is_live=found.state in (*_OPEN, "suspended") and found.unbound_at is None,
        who=person_line(people.profile(access=access, member_id=member_id)),
    )


def _loss_steps(card: cards.CardView) -> list[Entry]:
    found = cards.loss_clock(card_id=card.card_id) if card.state == "lost" else None
    return loss_story.steps(found) if found is not None else []


def _may(card: cards.CardView) -> tuple[str, ...]:
    """Return what may be done with a card as it is now."""
    if card.unbound_at is not None:
        return ()
    return _OPEN_SUSPENDED if card.state == "suspended" else _OPEN.get(card.state, ())


def _followers(card: cards.CardView, held: Sequence[cards.CardView]) -> list[str]:
    """Name the person's cards that stop with this one: a companion's with its holder's."""
    kinds = cards.card_table().kinds
    return [
        f"{name_of('card_kind', one.kind)} {one.masked_number}"
        for one in held
        if one.unbound_at is None
        and one.state in _OPEN
        and one.kind in kinds
        and kinds[one.kind].follows == card.kind
    ]


def _moved(request: HttpRequest, card: cards.CardView, held: Sequence[cards.CardView]) -> None:
    right_moves.move(
        card,
        held=held,
        entitlement=request.POST.get("right", ""),
        seen=request.POST.get("seen", ""),
        actor=actor_of(request),
        now=clock.now(),
    )


def _taken(step: str, reason: str, card: cards.CardView, request: HttpRequest) -> None:
    with unit_of_work():
        _take(step, reason)(card_id=card.card_id, actor=actor_of(request), now=clock.now())


def _take(step: str, reason: str) -> Callable[..., None]:
    if step == "unbind":
        return partial(cards.unbind, why=reason)
    if step == "give_back":
        return partial(cards.end, state="returned", why=reason)
    return partial(cards.suspend if step == "suspend" else cards.resume, why=reason)
