"""Deciding applications: an agency's queue, and one part of a case with its papers and checks."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from citycard.applications import api as applications
from citycard.flows import reviewing
from citycard.infra.clock import now
from citycard.infra.web.refusals import refusal_text, say
from citycard.kernel.errors import NotFound, Refused
from citycard.people import api as people
from citycard.portals.agency import casework
from citycard.portals.agency.review_forms import forms_of
from citycard.portals.agency.shell import agency_of, page
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language
from citycard.portals.papers import as_file

ROLES = {"reviewer", "officer"}
QUEUES = ("in_review", "supplement", "waiting_checks")
BEING_READ = dt.timedelta(minutes=10)
TOO_LATE = (
    applications.ChangedMeanwhile,
    applications.AlreadyDecided,
    applications.NotInReview,
)


@door(roles=ROLES)
def queue(request: HttpRequest) -> HttpResponse:
    """List the agency's parts, soonest due first."""
    agency, at = agency_of(request), now()
    wanted = request.GET.get("state", "")
    state = wanted if wanted in QUEUES else QUEUES[0]
    rows = applications.queue(agency=agency, now=at, states_shown=[state])
    counts = applications.queue_counts(agency=agency, now=at)
    names = _names(request, [row.member_id for row in rows if row.member_id is not None])
    tabs = [(_queue_name(it), f"?state={it}", it == state, counts[it]) for it in QUEUES]
    return page(
        request,
        "reviews",
        rows=[_line(row, names, at) for row in rows],
        tabs=tabs,
        late=counts["overdue"],
        state=state,
    )


@door(roles=ROLES)
def part(request: HttpRequest, part_id: int) -> HttpResponse:
    """Show a part with all that its decision needs; take the decision when one was sent."""
    review = reviewing.review(part_id=part_id, actor=actor_of(request), now=now())
    forms = forms_of(review, request.POST if request.method == "POST" else None)
    sent = next((form for form in forms.values() if form.is_bound), None)
    if sent is None or not sent.is_valid():
        return _part_page(request, review, forms, status=422 if sent else 200)
    try:
        said = sent.act(actor=actor_of(request), now=now())
    except NotFound:
        raise
    except Refused as refused:
        return _refused(request, part_id, forms, refused)
    messages.success(request, said)
    return HttpResponseRedirect(reverse("agency:reviews"))


@door(roles=ROLES)
def document(request: HttpRequest, part_id: int, document_id: UUID) -> HttpResponse:
    """Show one paper of a case, as it was uploaded."""
    whose = applications.part(part_id=part_id)
    if whose.agency != agency_of(request):
        raise NotFound(what="part")
    access = people.open_access(
        subject=whose.member_id,
        fields=("application", "papers", "photo"),
        purpose="application-review",
        actor=actor_of(request),
        now=now(),
    )
    return as_file(*applications.document_content(access=access, document_id=str(document_id)))


def _refused(
    request: HttpRequest, part_id: int, forms: dict[str, Any], refused: Refused
) -> HttpResponse:
    """Show the part as it is now, with why the decision wasn't taken."""
    review = reviewing.review(part_id=part_id, actor=actor_of(request), now=now())
    is_late = isinstance(refused, TOO_LATE)
    forms = forms_of(review, None) if is_late else forms
    return _part_page(request, review, forms, refused=refused, status=409 if is_late else 422)


def _part_page(
    request: HttpRequest,
    review: reviewing.Review,
    forms: dict[str, Any],
    *,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    return page(
        request,
        "part",
        status=status,
        review=review,
        part=review.view.part,
        case=review.view.case,
        who=casework.who(review.profile, now()),
        answers=casework.answers(review.view),
        papers=casework.papers(review.view),
        checks=casework.checks(review.view),
        history=casework.history(review.view),
        verdict=review.explanation.eligible.value if review.explanation else "no",
        because=casework.because(review.explanation) if review.explanation else [],
        no_rule=refusal_text(review.no_rule) if review.no_rule else "",
        forms=forms,
        bound=next((kind for kind, form in forms.items() if form.is_bound), ""),
        refused=say(refused) if refused else None,
        due=due_words(review.view.part.due_at, now()),
        service=in_language(review.view.part.name),
        may_decide=review.view.part.state == applications.states.IN_REVIEW,
    )


def _names(request: HttpRequest, member_ids: Sequence[int]) -> dict[int, str]:
    """Return applicants' names, by id; one access for the whole list."""
    members = sorted(set(member_ids))
    if not members:
        return {}
    access = people.open_access(
        subject=members,
        fields=("name",),
        purpose="application-queue",
        actor=actor_of(request),
        now=now(),
    )
    found = people.profiles(access=access, member_ids=members)
    return {member_id: profile.name or "" for member_id, profile in found.items()}


def _line(row: applications.QueueRow, names: dict[int, str], at: dt.datetime) -> dict[str, Any]:
    return {
        "row": row,
        "who": names.get(row.member_id or 0, ""),
        "service": in_language(row.service_name),
        "due": due_words(row.due_at, at),
        "is_being_read": row.opened_at is not None and at - row.opened_at < BEING_READ,
    }


def due_words(due_at: dt.datetime | None, at: dt.datetime) -> str:
    """Say how much time is left, or by how much it is late."""
    if due_at is None:
        return ""
    left = due_at - at
    if left < dt.timedelta(0):
        days = -left // dt.timedelta(days=1)
        return (
            ngettext("逾期 %(n)s 天", "逾期 %(n)s 天", days) % {"n": days} if days else _("已逾期")
        )
    days = left // dt.timedelta(days=1)
    if days:
        return ngettext("剩 %(n)s 天", "剩 %(n)s 天", days) % {"n": days}
    hours = left // dt.timedelta(hours=1)
    return ngettext("剩 %(n)s 小時", "剩 %(n)s 小時", hours) % {"n": hours}


def _queue_name(state: str) -> str:
    return {
        "in_review": _("待審核"),
        "supplement": _("等候補正"),
        "waiting_checks": _("查核中"),
    }[state]
