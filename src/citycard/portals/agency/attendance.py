"""Comings and goings at an agency's gates: what misses an end, the list, corrections with why."""

import csv
import datetime as dt
import io
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.agencies import api as agencies
from citycard.attendance import api as attendance
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.numbers import whole
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.access import Access
from citycard.kernel.errors import NotFound, Refused
from citycard.kernel.periods import next_month
from citycard.people import api as people
from citycard.portals.agency.shell import attachment, own_agencies, page
from citycard.portals.agency.span_forms import as_span
from citycard.portals.agency.stay_forms import StayForm, StrikeStayForm
from citycard.portals.clicks import key_of, once
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of
from citycard.portals.stay_words import stay_line, version_line

SEES = {"organiser", "finance"}
FIELDS = ("name", attendance.FIELD)
MOST = 200


@door(roles=SEES)
def list_stays(request: HttpRequest) -> HttpResponse:
    """List a month's stays: those that miss an end first, or all; and how many came each day."""
    asked = _asked(request)
    access = _opened(request, attendance.people_at(**asked))
    found = attendance.stays_at(access=access, **asked, limit=MOST) if access else []
    month, kind = asked["first"], asked["kind"]
    return page(
        request,
        "attendance",
        rows=_named(access, found) if access else [],
        is_cut=len(found) == MOST,
        most=MOST,
        kind=kind,
        kinds=_kinds(request),
        flagged=asked["flagged"],
        month=month,
        months=_months(),
        days=_days(asked),
        promptness=_promptness(asked) if kind == "school" else [],
        may_write="organiser" in actor_of(request).roles,
        bills_texts=kind == "school" and "finance" in actor_of(request).roles,
    )


@door(roles=SEES)
def stays_csv(request: HttpRequest) -> HttpResponse:
    """Give a month's list as a file; whoever stands in it finds that in their access records."""
    asked = _asked(request) | {"flagged": False}
    access = _opened(request, attendance.people_at(**asked))
    found = attendance.stays_at(access=access, **asked) if access else []
    lines: list[list[Any]] = [
        [_("日期"), _("姓名"), _("地點"), _("到"), _("離"), _("時長（分鐘）"), _("狀態")]
    ]
    for row in _named(access, found) if access else []:
        one = row["stay"]
        lines.append(
            [
                *(one.day.isoformat(), row["name"], row["place"]),
                *(_local(one.starts_at), _local(one.ends_at), one.minutes, str(row["word"])),
            ]
        )
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    name = f"attendance-{asked['kind']}-{asked['first']:%Y%m}.csv"
    content = out.getvalue().encode("utf-8-sig")
    return attachment(content, name=name, media_type="text/csv; charset=utf-8")


@door(roles=SEES)
def stay(request: HttpRequest, stay_id: int) -> HttpResponse:
    """Show one stay with all its versions, and let the agency correct it or strike it out."""
    found = _own(request, stay_id)
    if request.method != "POST" or "organiser" not in actor_of(request).roles:
        return _page(request, found)
    strikes = request.POST.get("do") == "strike"
    form = StrikeStayForm(request.POST) if strikes else StayForm(request.POST)
    if form.is_valid():
        try:
            _correct(request, found, form.words(found))
        except Refused as refusal:
            form.add_error(None, refusal_text(refusal))
        else:
            messages.success(request, _("已更正；當事人會看到更正與原因。"))
            return HttpResponseRedirect(reverse("agency:stay", args=[found.id]))
    return _page(request, found, status=422, **{"strike" if strikes else "words": form})


def _correct(
    request: HttpRequest, found: attendance.AttendanceStay, words: attendance.StayWords
) -> None:
    version = request.POST.get("version", "")
    with unit_of_work():
        attendance.correct_stay(
            stay_id=found.id,
            version=whole(version) or 0,
            words=words,
            key=key_of(request, "attendance.word", actor_of(request).id, found.id),
            actor=actor_of(request),
            now=clock.now(),
        )


def _page(
    request: HttpRequest, found: attendance.AttendanceStay, status: int = 200, **sent: Any
) -> HttpResponse:
    access = _opened(request, [found.member_id])
    assert access is not None, "somebody is opened"
    (line,) = _named(access, [found])
    known = as_span(day=found.day, starts_at=found.starts_at, ends_at=found.ends_at)
    forms = {"words": StayForm(initial=known), "strike": StrikeStayForm()}
    return page(
        request,
        "stay",
        status=status,
        **line,
        versions=[
            version_line(one) for one in attendance.versions_of(access=access, stay_id=found.id)
        ],
        forms=forms | sent,
        once=once(request),
        may_write="organiser" in actor_of(request).roles,
    )


def _own(request: HttpRequest, stay_id: int) -> attendance.AttendanceStay:
    """Return a stay at the reader's agency or one under it.

    :raises NotFound: there is none, or it is another agency's
    """
    found = attendance.stay(stay_id=stay_id)
    if found.agency not in own_agencies(request):
        raise NotFound(what="stay")
    return found


def _asked(request: HttpRequest) -> dict[str, Any]:
    kinds = _kinds(request)
    kind = request.GET.get("kind", "")
    first = _month(request.GET.get("month", ""))
    rule = attendance.attendance_table().rule(kind if kind in kinds else kinds[0], first)
    return {
        "agencies": own_agencies(request),
        "kind": kind if kind in kinds else kinds[0],
        "first": first,
        "after": next_month(first),
        "flagged": request.GET.get("show") != "all",
        "since": clock.now() - dt.timedelta(minutes=rule.longest),
    }


def kinds_at(own: list[str]) -> list[str]:
    """Return which kinds of stays the readers of some agencies see; none: no such reader."""
    services = attendance.attendance_table().services
    served = {one.service for agency in own for one in agencies.devices(agency=agency)}
    return sorted({gate.kind for code, gate in services.items() if code in served})


def _kinds(request: HttpRequest) -> list[str]:
    kinds = kinds_at(own_agencies(request))
    if not kinds:
        raise NotFound(what="attendance")
    return kinds


def _months() -> list[dt.date]:
    found = [clock.today().replace(day=1)]
    while len(found) < 12:
        found.append((found[-1] - dt.timedelta(days=1)).replace(day=1))
    return found


def _month(said: str) -> dt.date:
    known = {f"{month:%Y-%m}": month for month in _months()}
    return known.get(said, clock.today().replace(day=1))


def _days(asked: dict[str, Any]) -> list[dict[str, Any]]:
    found = attendance.days_at(
        agencies=asked["agencies"], kind=asked["kind"], first=asked["first"], after=asked["after"]
    )
    return [
        {"day": it.day, "place": name_of("place", it.place), "people": it.people,
         "missing": it.missing}
        for it in found
    ]  # fmt: skip


def _promptness(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Tell how many of a month's messages to guardians were in time."""
    midnight = clock.city_time().midnight
    found = attendance.promptness(
        since=midnight(asked["first"]),
        until=midnight(asked["after"]),
        now=clock.now(),
        agencies=asked["agencies"],
    )
    return [
        {"agency": name_of("agency", it.agency), "of": it, "slowest": round(it.slowest_seconds)}
        for it in found
    ]


def _opened(request: HttpRequest, members: list[int]) -> Access | None:
    """Open names and stays of those who are shown; each finds it in their access records."""
    if not members:
        return None
    return people.open_access(
        subject=members,
        fields=FIELDS,
        purpose="attendance",
        actor=actor_of(request),
        now=clock.now(),
    )


def _named(access: Access, found: list[attendance.AttendanceStay]) -> list[dict[str, Any]]:
    who = people.profiles(access=access, member_ids=sorted({one.member_id for one in found}))
    return [
        stay_line(one) | {"name": who[one.member_id].name if one.member_id in who else ""}
        for one in found
    ]


def _local(at: dt.datetime | None) -> str:
    return f"{clock.city_time().local(at):%Y-%m-%d %H:%M}" if at else ""
