"""What waits for a second officer: what it would do, approve it or send it back."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.agencies import api as agencies
from citycard.flows import approving
from citycard.infra.clock import now
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound, Refused
from citycard.portals.agency.approval_words import about_words, would_do
from citycard.portals.agency.shell import own_agencies, page
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language, name_of

SEES = {"organiser", "finance", "officer", "auditor"}
ACTS = {"organiser", "finance", "officer"}
OVER_SHOWN = 30


@door(roles=SEES)
def list_approvals(request: HttpRequest) -> HttpResponse:
    """List what waits, and what was decided lately."""
    waiting = visible(request, agencies.proposals(limit=500))
    over = [it for it in agencies.proposals(state=None, limit=300) if it.state != "waiting"]
    return page(
        request,
        "approvals",
        waiting=[_line(request, it) for it in waiting],
        over=[_line(request, it) for it in visible(request, over)[:OVER_SHOWN]],
    )


@door(roles=SEES)
def approval(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Show one proposal."""
    return _page(request, _found(request, proposal_id))


@door(roles=ACTS)
def decide(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Approve a proposal, send it back, or withdraw one's own."""
    found = _found(request, proposal_id)
    wanted = request.POST.get("do", "") if request.method == "POST" else ""
    if wanted not in _DONE:
        return HttpResponseRedirect(reverse("agency:approval", args=[proposal_id]))
    try:
        _do(wanted, found, request.POST.get("said", ""), actor_of(request))
    except Refused as no:
        return _page(request, found, refused=refusal_text(no), status=422)
    messages.success(request, str(_DONE[wanted]()))
    return HttpResponseRedirect(reverse("agency:approvals"))


_DONE = {
    "approve": lambda: _("已核准並執行。"),
    "reject": lambda: _("已退回。"),
    "withdraw": lambda: _("已撤回。"),
}


def _do(wanted: str, found: agencies.Proposal, said: str, actor: Actor) -> None:
    at, number = now(), found.proposal_id
    if wanted == "approve":
        approving.approve(proposal_id=number, actor=actor, now=at, said=said)
    elif wanted == "reject":
        approving.reject(proposal_id=number, reason=said, actor=actor, now=at)
    else:
        with unit_of_work():
            agencies.withdraw(proposal_id=number, actor=actor, now=at)


def visible(request: HttpRequest, found: list[agencies.Proposal]) -> list[agencies.Proposal]:
    """Return those that the reader may see: the auditor all, others what is theirs to check or was
    proposed at their agencies."""
    actor, own = actor_of(request), set(own_agencies(request))
    return [
        it
        for it in found
        if actor.has_any_role("auditor")
        or it.agency in own
        or agencies.may_check(kind=it.kind, agency=it.agency, actor=actor)
    ]


def waiting_for(request: HttpRequest) -> list[agencies.Proposal]:
    """Return what waits for the reader's own decision."""
    actor = actor_of(request)
    return [
        it
        for it in agencies.proposals(limit=500)
        if it.made_by != actor.id
        and agencies.may_check(kind=it.kind, agency=it.agency, actor=actor)
    ]


def kind_name(kind: str) -> str:
    """Return what the pack calls a kind of proposal."""
    names = agencies.approval_kinds()
    return in_language(names[kind]) if kind in names else kind


def who(actor_id: str | None) -> str:
    """Return the name of the member of staff behind an actor's id."""
    if not actor_id or not actor_id.startswith("staff:"):
        return actor_id or ""
    try:
        return agencies.staff(staff_id=int(actor_id.removeprefix("staff:"))).display_name
    except agencies.NoSuchStaff:
        return actor_id


def _found(request: HttpRequest, proposal_id: int) -> agencies.Proposal:
    found = visible(request, [agencies.proposal(proposal_id=proposal_id)])
    if not found:
        raise NotFound(what="proposal")
    return found[0]


def _page(
    request: HttpRequest, found: agencies.Proposal, refused: str = "", status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    mine = found.made_by == actor.id
    waits = found.state == "waiting" and actor.has_any_role(*ACTS)
    return page(
        request,
        "approval",
        status=status,
        **_line(request, found),
        would_do=would_do(found),
        refused=refused,
        said=request.POST.get("said", ""),
        may_withdraw=waits and mine,
        may_check=waits
        and not mine
        and agencies.may_check(kind=found.kind, agency=found.agency, actor=actor),
    )


def _line(request: HttpRequest, found: agencies.Proposal) -> dict[str, Any]:
    return {
        "it": found,
        "kind": kind_name(found.kind),
        "about": about_words(found),
        "maker": who(found.made_by),
        "checker": who(found.checked_by),
        "agency": name_of("agency", found.agency),
        "mine": found.made_by == actor_of(request).id,
    }
