"""My applications: one page a case, with its parts, what is asked of me, and all that happened."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from citycard.applications import api as applications
from citycard.flows import applying
from citycard.infra import clock
from citycard.kernel.errors import NotFound
from citycard.portals import supplements
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language, name_of
from citycard.portals.resident import progress
from citycard.portals.standing import BADGES, refusal_of


@door(roles={"resident"}, level=1)
def list_cases(request: HttpRequest) -> HttpResponse:
    """List the applications that the signed-in account handed in."""
    cases = applications.cases_of(actor=actor_of(request))
    return render(request, "resident/cases.html", {"cases": cases})


@door(roles={"resident"}, level=1)
def case(request: HttpRequest, ref: str) -> HttpResponse:
    """Show how an application stands; take what a reviewer asked for."""
    found = applications.case(ref=ref, actor=actor_of(request))
    if request.method != "POST":
        return _page(request, found)
    part = _part_of(found, request)
    wrong = supplements.hand_in(request, found.public_id, part.part_id)
    if wrong:  # what was right is there by now
        found = applications.case(ref=ref, actor=actor_of(request))
        return _page(request, found, wrong={part.part_id: wrong})
    messages.success(request, _("已送回審核，審核人員會接著看。"))
    return redirect("resident:case", found.ref)


@door(roles={"resident"}, level=1)
def withdraw(request: HttpRequest, ref: str) -> HttpResponse:
    """Take back one service of an application, as long as nobody decided it."""
    found = applications.case(ref=ref, actor=actor_of(request))
    if request.method == "POST":
        applying.withdraw(
            public_id=found.public_id,
            part_ids=[_part_of(found, request).part_id],
            actor=actor_of(request),
            now=clock.now(),
        )
        messages.success(request, _("已撤回，之後可以重新申辦。"))
    return redirect("resident:case", found.ref)


def _part_of(case: applications.Case, request: HttpRequest) -> applications.CasePart:
    """Return the part of a case that a form speaks of.

    :raises NotFound: it has no such part
    """
    for part in case.parts:
        if str(part.part_id) == request.POST.get("part"):
            return part
    raise NotFound(what="application")


def _page(
    request: HttpRequest,
    found: applications.Case,
    wrong: dict[int, dict[str, str]] | None = None,
) -> HttpResponse:
    wrong = wrong or {}
    context = {
        "case": found,
        "parts": [
            _part(part)
            | {"form": supplements.form_of(found, part, wrong.get(part.part_id, {}), request.POST)}
            for part in found.parts
        ],
        "entries": progress.entries(found),
        "waiting_for": found.waiting_for and name_of("register", found.waiting_for),
    }
    return render(request, "resident/case.html", context, status=422 if wrong else 200)


def _part(part: applications.CasePart) -> dict[str, Any]:
    return {
        "part": part,
        "name": in_language(part.name),
        "agency": name_of("agency", part.agency),
        "state": BADGES.get(part.state, part.state),
        "refusal": refusal_of(part),
        "may_withdraw": part.state in applications.states.PART_UNDECIDED,
    }
