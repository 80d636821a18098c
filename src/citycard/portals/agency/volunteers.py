"""Volunteers' hours at the organiser's: what misses a sign-out, the list, corrections with why."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.activities import api as activities
from citycard.flows import volunteering
from citycard.infra.clock import now
from citycard.infra.web.numbers import whole
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.access import Access
from citycard.kernel.errors import NotFound, Refused
from citycard.people import api as people
from citycard.portals.agency.shell import own_agencies, page
from citycard.portals.agency.span_forms import as_span
from citycard.portals.agency.volunteer_forms import ListedForm, StrikeForm, WordsForm
from citycard.portals.clicks import key_of, once
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of
from citycard.portals.shifts import shift_line, version_line

READS = {"organiser", "finance"}
PAGE = 50
FIELDS = ("name", "points")
A_DAY = dt.timedelta(days=1)


@door(roles=READS)
def list_shifts(request: HttpRequest) -> HttpResponse:
    """List shifts: those that miss something first, or all."""
    at, own = now(), own_agencies(request)
    flagged = request.GET.get("show") != "all"
    before = request.GET.get("before", "")
    asked: dict[str, Any] = {
        "organisers": own,
        "now": at,
        "flagged": flagged,
        "limit": PAGE + 1,
        "before": whole(before),
    }
    access = _opened(request, activities.volunteers_at(**asked), at)
    found = activities.shifts_at(access=access, **asked) if access else []
    sums = activities.volunteer_sums(organisers=own, now=at)
    return page(
        request,
        "volunteers",
        rows=_named(access, found[:PAGE]) if access else [],
        more=found[PAGE - 1].id if len(found) > PAGE else None,
        flagged=flagged,
        missing=sum(one.flagged for one in sums),
        people=len({one.member_id for one in sums}),
        minutes=sum(one.minutes for one in sums),
        may_write="organiser" in actor_of(request).roles,
    )


@door(roles=READS)
def shift(request: HttpRequest, shift_id: int) -> HttpResponse:
    """Show one shift with all its versions, and let the organiser correct it or strike it out."""
    found = _own_shift(request, shift_id)
    return _shift_page(request, found)


@door(roles={"organiser"})
def correct(request: HttpRequest, shift_id: int) -> HttpResponse:
    """Say what a shift really was, or strike it out; always a new entry."""
    found = _own_shift(request, shift_id)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("agency:volunteer_shift", args=[found.id]))
    strikes = request.POST.get("do") == "strike"
    form = StrikeForm(request.POST) if strikes else WordsForm(request.POST)
    if form.is_valid():
        words = _struck(found, form) if isinstance(form, StrikeForm) else form.words()
        try:
            volunteering.correct(
                shift_id=found.id,
                version=_number(request.POST.get("version", "")),
                words=words,
                key=key_of(request, "volunteer.word", actor_of(request).id, "correct", found.id),
                actor=actor_of(request),
                now=now(),
            )
        except Refused as refusal:
            form.add_error(None, refusal_text(refusal))
        else:
            messages.success(request, _("已更正；志工會看到更正與原因。"))
            return HttpResponseRedirect(reverse("agency:volunteer_shift", args=[found.id]))
    sent = {"strike" if strikes else "words": form}
    return _shift_page(request, found, status=422, **sent)


@door(roles={"organiser"})
def enter(request: HttpRequest) -> HttpResponse:
    """Enter a shift of the organiser's list, for a volunteer without a card at hand."""
    form = ListedForm(request.POST or None, own=own_agencies(request))
    if form.is_bound and form.is_valid():
        listed = volunteering.ListedShift(
            organiser=form.organiser(),
            place=form.cleaned_data["place"],
            card_number=form.cleaned_data["card_number"],
            words=form.words(),
        )
        try:
            made = volunteering.enter(
                listed=listed,
                key=key_of(request, "volunteer.word", actor_of(request).id, "enter"),
                actor=actor_of(request),
                now=now(),
            )
        except Refused as refusal:
            is_card = isinstance(refusal, volunteering.HolderUnknown)
            form.add_error("card_number" if is_card else None, refusal_text(refusal))
        else:
            messages.success(request, _("已登錄。"))
            return HttpResponseRedirect(reverse("agency:volunteer_shift", args=[made]))
    status = 422 if form.is_bound else 200
    return page(request, "volunteer_new", status=status, form=form, once=once(request))


def _shift_page(
    request: HttpRequest, found: activities.Shift, status: int = 200, **sent: Any
) -> HttpResponse:
    at = now()
    access = _opened(request, [found.member_id], at)
    assert access is not None
    (line,) = _named(access, [found])
    known = as_span(day=found.day, starts_at=found.starts_at, ends_at=found.ends_at)
    forms = {"words": WordsForm(initial=known), "strike": StrikeForm()}
    return page(
        request,
        "volunteer_shift",
        status=status,
        **line,
        agency=name_of("agency", found.organiser),
        versions=[
            version_line(one) | {"by": one.by}
            for one in activities.versions_of(access=access, shift_id=found.id)
        ],
        forms=forms | sent,
        once=once(request),
        may_write="organiser" in actor_of(request).roles,
    )


def _own_shift(request: HttpRequest, shift_id: int) -> activities.Shift:
    """Return a shift worked for the reader's agency or one under it.

    :raises NotFound: there is none, or it is another agency's
    """
    found = activities.shift(shift_id=shift_id)
    if found.organiser not in own_agencies(request):
        raise NotFound(what="shift")
    return found


def _opened(request: HttpRequest, members: list[int], at: dt.datetime) -> Access | None:
    """Open names and hours of those who are shown; each finds it in their access records."""
    if not members:
        return None
    return people.open_access(
        subject=members, fields=FIELDS, purpose="activity-list", actor=actor_of(request), now=at
    )


def _named(access: Access, found: list[activities.Shift]) -> list[dict[str, Any]]:
    who = people.profiles(access=access, member_ids=sorted({one.member_id for one in found}))
    return [
        shift_line(one) | {"name": who[one.member_id].name if one.member_id in who else ""}
        for one in found
    ]


def _struck(found: activities.Shift, form: StrikeForm) -> activities.ShiftWords:
    starts_at = found.starts_at or found.ends_at
    assert starts_at is not None
    return activities.ShiftWords(
        starts_at=starts_at,
        ends_at=found.ends_at if found.starts_at else None,
        reason=form.cleaned_data["reason"],
        struck=True,
    )


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
