"""A case at the counter: its parts, checks and cards, going on by itself while one looks."""

import datetime as dt
import hashlib
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.applications import api as applications
from citycard.flows import applying
from citycard.infra import clock
from citycard.infra.web.numbers import whole
from citycard.infra.web.parts import Entry
from citycard.issuing import api as issuing
from citycard.kernel.errors import Refused
from citycard.people import api as people
from citycard.portals import supplements
from citycard.portals.counter import words
from citycard.portals.counter.handles import handle_of
from citycard.portals.counter.own_cards import own_media
from citycard.portals.counter.shell import ROLES, again, open_person, page, person_line
from citycard.portals.doors import actor_of, door
from citycard.portals.lasting import lasting
from citycard.portals.naming import in_language, name_of
from citycard.portals.papers import as_file
from citycard.portals.standing import BADGES, refusal_of

FIELDS = ("name", "birth_on", "sex", "district", "id_masked", "application", "checks")
CHANGED = "counter-changed"
_HASTE = {"checking": 2, "waiting": 5, "printing": 2}


@door(roles=ROLES)
def case(request: HttpRequest, ref: str) -> HttpResponse:
    """Show how a case stands and what comes next."""
    return show(request, ref)


@door(roles=ROLES)
def pulse(request: HttpRequest, ref: str) -> HttpResponse:
    """Tell the page whether anything changed since it was drawn; this opens nobody's data."""
    found = applications.find(ref=ref)
    given = map(whole, request.GET.get("parts", "").split(","))
    parts = [one for one in given if one is not None]
    answer = HttpResponse(status=204)
    if request.GET.get("seen") != _stamp(found, parts):
        answer["HX-Trigger"] = CHANGED
    return answer


@door(roles=ROLES)
def supplement(request: HttpRequest, ref: str, part_id: int) -> HttpResponse:
    """Take what a reviewer asked for, and send the part back to them."""
    found = applications.find(ref=ref)
    if request.method != "POST" or applications.part(part_id=part_id).ref != found.ref:
        return HttpResponseRedirect(reverse("counter:case", args=[ref]))
    try:
        wrong = supplements.hand_in(request, found.public_id, part_id)
    except Refused as refusal:
        return show(request, ref, refused=again(refusal))
    if wrong:
        return show(request, ref, wrong={part_id: wrong})
    messages.success(request, _("補正資料已送回審核。"))
    return HttpResponseRedirect(reverse("counter:case", args=[ref]))


@door(roles=ROLES)
def withdraw(request: HttpRequest, ref: str, part_id: int) -> HttpResponse:
    """Take back a service that nobody decided yet, as the applicant asks at the counter."""
    found = applications.find(ref=ref)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("counter:case", args=[ref]))
    try:
        applying.withdraw(
            public_id=found.public_id,
            part_ids=[part_id],
            actor=actor_of(request),
            now=clock.now(),
        )
    except Refused as refusal:
        return show(request, ref, refused=again(refusal))
    messages.success(request, _("已撤回這項服務，申請人會收到通知。"))
    return HttpResponseRedirect(reverse("counter:case", args=[ref]))


@door(roles=ROLES)
def document(request: HttpRequest, ref: str, document: uuid.UUID) -> HttpResponse:
    """Show one paper of a case, as it was taken in."""
    found = applications.find(ref=ref)
    assert found.member_id is not None, "an application with a reference has its person"
    access = open_person(request, found.member_id, "application", "papers", "photo")
    return as_file(*applications.document_content(access=access, document_id=str(document)))


def show(
    request: HttpRequest,
    ref: str,
    *,
    refused: Refused | None = None,
    wrong: dict[int, dict[str, str]] | None = None,
) -> HttpResponse:
    """Draw a case's page, with why the last step was not taken."""
    whose = applications.find(ref=ref)
    assert whose.member_id is not None, "an application with a reference has its person"
    access = open_person(request, whose.member_id, *FIELDS)
    found = applications.case(ref=whose.ref, access=access)
    jobs = issuing.jobs_of_applications(application_ids=[whose.application_id])
    own_card = any(part.own_card and part.state == "approved" for part in found.parts)
    return page(
        request,
        "case",
        refused=refused,
        status=422 if wrong else None,
        case=found,
        who=person_line(people.profile(access=access, member_id=whose.member_id)),
        handle=handle_of(request, whose.member_id),
        parts=[
            _part(part, found.submitted_at)
            | {
                "form": supplements.form_of(
                    found, part, (wrong or {}).get(part.part_id, {}), request.POST
                )
            }
            for part in found.parts
        ],
        jobs=[print_line(job) for job in jobs],
        to_do=_to_do(jobs),
        wants_own_card=own_card and bool(own_media()),
        checks=[check_line(one) for one in found.checks],
        entries=_entries(found),
        waiting_for=words.register(found.waiting_for) if found.waiting_for else "",
        documents=[(one, paper_name(one.paper)) for one in found.documents],
        step=_step(found, jobs),
        meanwhile=_submitted(found) if "meanwhile" in request.GET else None,
        pulse=_pulse(whose, found, jobs),
    )


def print_line(job: issuing.PrintJob) -> dict[str, Any]:
    """Return a print as lists show it."""
    badge, word = words.PRINT_BADGES[job.state]
    return {
        "job": job,
        "name": in_language(job.kind_name) or job.card_kind,
        "badge": badge,
        "word": str(word),
        "at": name_of("counter", job.counter) if job.counter else "",
    }


def check_line(check: applications.Check) -> dict[str, Any]:
    """Return a register's answer as the checks pane shows it."""
    icon, word = words.ANSWERS.get(check.answer, words.ANSWERS["unknown"])
    return {
        "name": words.register(check.register),
        "icon": icon,
        "word": str(word),
        "took": words.seconds(check.asked_at, check.answered_at),
        "at": check.answered_at or check.asked_at,
        "is_waiting": check.answer == "waiting",
    }


def paper_name(code: str) -> str:
    """Return what a paper is called, in the reader's language."""
    return in_language(applications.paper_name(code=code))


def _part(part: applications.CasePart, handed_in_at: dt.datetime) -> dict[str, Any]:
    return {
        "part": part,
        "name": in_language(part.name),
        "agency": name_of("agency", part.agency),
        "badge": BADGES.get(part.state, "unknown"),
        "took": lasting(part.completed_at - handed_in_at) if part.completed_at else "",
        "refusal": refusal_of(part),
        "may_withdraw": part.state in applications.states.PART_UNDECIDED,
    }


def _to_do(jobs: list[issuing.PrintJob]) -> issuing.PrintJob | None:
    """Return the card that the clerk goes on with."""
    open_jobs = [job for job in jobs if job.state in issuing.states.PRINT_OPEN]
    return open_jobs[0] if open_jobs else None


def _step(case: applications.Case, jobs: list[issuing.PrintJob]) -> int:
    """Return where the case stands among the five steps; 6 when all is done."""
    if case.closed_at is not None and not _to_do(jobs):
        return 6
    return 5


def _entries(case: applications.Case) -> list[Entry]:
    names = {part.service: in_language(part.name) for part in case.parts}
    found = []
    for step in reversed(case.timeline):
        title, state = words.STEPS.get(step.code, (step.code, "done"))
        who = applications.in_words(role=step.role, agency=step.agency)
        about = (names.get(step.service or "", ""), who)
        found.append(
            Entry(title=str(title), at=step.at, body=" · ".join(filter(None, about)), state=state)
        )
    return found


def _submitted(case: applications.Case) -> dict[str, Any]:
    """Return who handed the application in, and when: for the colleague who came second."""
    step = case.timeline[0] if case.timeline else None
    return {
        "at": step.at if step else case.submitted_at,
        "who": applications.in_words(role=step.role, agency=step.agency) if step else "",
    }


def _pulse(
    whose: applications.ApplicationFound, case: applications.Case, jobs: list[issuing.PrintJob]
) -> dict[str, Any] | None:
    """Return what the page asks for while anything can still happen by itself."""
    if case.closed_at is not None and not _to_do(jobs):
        return None
    parts = [part.part_id for part in case.parts]
    states = {case.state, *(job.state for job in jobs)}
    return {
        "seen": _stamp(whose, parts),
        "parts": ",".join(map(str, parts)),
        "every": min((_HASTE[state] for state in states if state in _HASTE), default=10),
    }


def _stamp(found: applications.ApplicationFound, part_ids: list[int]) -> str:
    """Return a short mark of how a case stands, without opening it."""
    parts = [applications.part(part_id=one) for one in part_ids]
    jobs = issuing.jobs_of_applications(application_ids=[found.application_id])
    stands = [
        found.state,
        *(f"{part.part_id}:{part.version}" for part in parts if part.ref == found.ref),
        *(f"{job.print_id}:{job.version}" for job in jobs),
    ]
    return hashlib.sha256("|".join(stands).encode()).hexdigest()[:16]
