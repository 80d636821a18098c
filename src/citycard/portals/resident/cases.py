"""My applications: one page a case, with its parts, what is asked of me, and all that happened."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from citycard.applications import api as applications
from citycard.flows import applying
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language, name_of
from citycard.portals.papers import uploaded
from citycard.portals.resident import progress
from citycard.portals.standing import BADGES


@door(roles={"resident"}, level=1)
def list_cases(request: HttpRequest) -> HttpResponse:
    """List the applications that the signed-in account handed in."""
    cases = applications.cases_of(actor=actor_of(request))
    return render(request, "resident/cases.html", {"cases": cases})


@door(roles={"resident"}, level=1)
def case(request: HttpRequest, ref: str) -> HttpResponse:
    """Show how an application stands; take what a reviewer asked for."""
    found = applications.case(ref=ref, actor=actor_of(request))
    if request.method == "POST":
        return _answer(request, found)
    context = {
        "case": found,
        "parts": [_part(part) for part in found.parts],
        "entries": progress.entries(found),
        "waiting_for": found.waiting_for and name_of("register", found.waiting_for),
    }
    return render(request, "resident/case.html", context)


def _answer(request: HttpRequest, found: applications.Case) -> HttpResponse:
    for paper, content in uploaded(request):
        with unit_of_work():
            applications.add_document(
                public_id=found.public_id,
                paper=paper,
                content=content,
                actor=actor_of(request),
                now=clock.now(),
            )
    if "part" in request.POST:
        applying.resubmit(
            part_id=int(request.POST["part"]), actor=actor_of(request), now=clock.now()
        )
    return redirect("resident:case", found.ref)


def _part(part: applications.CasePart) -> dict[str, object]:
    wanted = part.supplement.papers if part.supplement else ()
    return {
        "part": part,
        "name": in_language(part.name),
        "agency": name_of("agency", part.agency),
        "state": BADGES.get(part.state, part.state),
        "wanted": [(paper, name_of("paper", paper)) for paper in wanted],
    }
