"""Mass changes of rights: what each would do, by right and reason; release, rejection, undoing."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.agencies import api as agencies
from citycard.entitlements import api as entitlements
from citycard.flows import approving, braking, cancelling, listing_ends, restituting
from citycard.infra import papers
from citycard.infra.clock import now
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import NotFound, Refused
from citycard.people import api as people
from citycard.portals import mass_change_words as words
from citycard.portals.agency.shell import attachment, page
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of, name_of_staff

SEES = {"officer"}
FIELDS = ("name", "birth_on", "district", "id_masked")


@door(roles=SEES)
def list_changes(request: HttpRequest) -> HttpResponse:
    """List mass changes, those that wait first."""
    _operator_only(request)
    found = [one for one in agencies.mass_changes() if not listing_ends.is_gathered(one)]
    return page(
        request,
        "mass_changes",
        waiting=[_line(one) for one in found if one.state == "waiting"],
        over=[_line(one) for one in found if one.state != "waiting"],
    )


@door(roles=SEES)
def change(request: HttpRequest, change_id: int) -> HttpResponse:
    """Show one: counts as charts, lists that went out, and what an officer may do."""
    _operator_only(request)
    return _page(request, agencies.mass_change(change_id=change_id))


@door(roles=SEES)
def decide(request: HttpRequest, change_id: int) -> HttpResponse:
    """Release, reject, weigh again or undo."""
    _operator_only(request)
    wanted = request.POST.get("do", "") if request.method == "POST" else ""
    if wanted in _DONE:
        try:
            _do(request, wanted, agencies.mass_change(change_id=change_id))
        except Refused as no:
            found = agencies.mass_change(change_id=change_id)
            return _page(request, found, refused=refusal_text(no), status=422)
        messages.success(request, str(_DONE[wanted]()))
    return HttpResponseRedirect(reverse("agency:mass_change", args=[change_id]))


@door(roles=SEES)
def samples(request: HttpRequest, change_id: int) -> HttpResponse:
    """Show some people whom it touches; who looked is written down."""
    _operator_only(request)
    found = agencies.mass_change(change_id=change_id)
    ids = sorted({one for some in found.samples.values() for one in some})
    if not ids:
        raise NotFound(what="samples")
    access = people.open_access(
        subject=ids,
        fields=(*FIELDS, entitlements.FIELD),
        purpose="mass-change-review",
        actor=actor_of(request),
        now=now(),
    )
    who = people.profiles(access=access, member_ids=ids)
    names = words.right_names()
    return page(
        request,
        "mass_change_people",
        it=found,
        about=words.about_name(found),
        rights=[
            (names.get(code, code), [_person(who[one]) for one in some if one in who])
            for code, some in found.samples.items()
        ],
    )


@door(roles=SEES)
def cancel_list(request: HttpRequest, change_id: int, what: str, agency: str) -> HttpResponse:
    """Download a list that operators get; who did is written down."""
    _operator_only(request)
    paper = cancelling.read_list(
        change_id=change_id, what=what, agency=agency, actor=actor_of(request), now=now()
    )
    file = paper.files[0]
    if request.GET.get("signature"):
        signed = file.signature_file
        return attachment(signed.content, name=signed.name, media_type=signed.media_type)
    return attachment(file.content, name=file.name, media_type=file.media_type)


_DONE = {
    "approve": lambda: _("已放行並執行。"),
    "reject": lambda: _("已退回，資格都沒有變動。"),
    "undo": lambda: _("已整批復原，資格與之前相同。"),
    "weigh": lambda: _("已重新試算。"),
}


def _do(request: HttpRequest, wanted: str, found: agencies.MassChange) -> None:
    actor, at, said = actor_of(request), now(), request.POST.get("said", "")
    if wanted == "undo":
        braking.undo(change_id=found.id, actor=actor, now=at)
    elif wanted == "weigh":
        braking.weigh_again(change_id=found.id, actor=actor, now=at)
    elif found.proposal_id is None:
        raise NotFound(what="proposal")
    elif wanted == "approve":
        approving.approve(proposal_id=found.proposal_id, actor=actor, now=at, said=said)
    else:
        with unit_of_work():
            agencies.reject(proposal_id=found.proposal_id, reason=said, actor=actor, now=at)
            braking.throw_away(change_id=found.id)


def _page(
    request: HttpRequest, found: agencies.MassChange, refused: str = "", status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    proposal = (
        agencies.proposal(proposal_id=found.proposal_id) if found.proposal_id is not None else None
    )
    waits = found.state == "waiting" and proposal is not None
    mine = proposal is not None and proposal.made_by == actor.id
    names = words.right_names()
    return page(
        request,
        "mass_change",
        status=status,
        **_line(found),
        refused=refused,
        said=request.POST.get("said", ""),
        proposal=proposal,
        maker=name_of_staff(found.made_by),
        checker=name_of_staff(found.released_by or ""),
        charts=[it for it in (words.ended_by_right(found), words.ended_by_reason(found)) if it],
        figures=[
            (
                names.get(one.entitlement, one.entitlement),
                one,
                words.limit_words(one, kind=found.kind),
            )
            for one in found.figures
        ],
        deliveries=people.deliveries(run_id=found.id) if found.kind == "feed" else [],
        lists=_lists(found.id),
        restitution=[
            (names.get(one.entitlement, one.entitlement), one)
            for one in restituting.used_after_end(change_id=found.id)
        ],
        may_check=waits and not mine,
        waits_for_another=waits and mine,
        may_undo=found.state == "carried_out" and found.kind != listing_ends.KIND,
    )


def _lists(change_id: int) -> list[dict[str, Any]]:
    found = []
    for about, made_at, _names in papers.papers(kind=cancelling.PAPER, starts=f"{change_id}/"):
        _number, what, agency = about.split("/")
        url = reverse("agency:cancel_list", args=[change_id, what, agency])
        found.append(
            {"what": what, "agency": name_of("agency", agency), "made_at": made_at, "url": url}
        )
    return found


def _line(found: agencies.MassChange) -> dict[str, Any]:
    return {
        "it": found,
        "about": words.about_name(found),
        "held": [one for one in found.figures if one.is_held],
        "begun": sum(one.begun for one in found.figures),
    }


def _person(one: people.Profile) -> dict[str, Any]:
    district = name_of("district", one.district) if one.district else "—"
    return {"who": one, "district": district}


def _operator_only(request: HttpRequest) -> None:
    """Mass changes are the city card's own: its operator's officers see them."""
    if actor_of(request).agency != agencies.operator():
        raise NotFound(what="mass change")
