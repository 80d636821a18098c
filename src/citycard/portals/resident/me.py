"""Me: what the city knows of me, who looked at it, and what I agreed to."""

import datetime as dt

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from citycard.attendance import api as attendance
from citycard.flows import offering_rights
from citycard.infra import clock
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.numbers import whole
from citycard.infra.web.parts import Row
from citycard.infra.web.wording import date_long
from citycard.people import api as people
from citycard.portals import own_copy
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language, name_of
from citycard.portals.resident import own

PAGE = 30
OWN_FIELDS = (
    "name",
    "birth_on",
    "sex",
    "district",
    "village",
    "id_masked",
    "phone",
    "email",
    "address",
)


@door(roles={"resident"}, member=True)
def me(request: HttpRequest) -> HttpResponse:
    """Show the resident's own data and the ways to the rest."""
    access = own.own_access(request, *OWN_FIELDS)
    profile = people.profile(access=access, member_id=own.member_of(request))
    fields = current_pack().table("purposes")["fields"]
    rows = [
        Row(label=in_language(fields[field]), value=_shown(field, getattr(profile, field)))
        for field in OWN_FIELDS
    ]
    guards = people.children_of(guardian_id=own.member_of(request), on=clock.today())
    attended = attendance.stays_of(
        access=own.own_access(request, attendance.FIELD),
        member_id=own.member_of(request),
        kind="staff",
        limit=1,
    )
    context = {"rows": rows, "guards": bool(guards), "attends": bool(attended)}
    return render(request, "resident/me.html", context)


@door(roles={"resident"}, member=True)
def copy(request: HttpRequest, ending: str) -> HttpResponse:
    """Give the resident a copy of what the city keeps of them."""
    access = own.own_access(request, *own_copy.FIELDS)
    return own_copy.answer(access=access, member_id=own.member_of(request), ending=ending)


@door(roles={"resident"}, member=True)
def access_log(request: HttpRequest) -> HttpResponse:
    """Show who opened the resident's data, when, why, and which fields."""
    entries = people.access_log(
        access=own.own_access(request, "access_log"),
        member_id=own.member_of(request),
        limit=PAGE,
        before=_mark(request.GET.get("before", "")),
    )
    last = entries[-1] if len(entries) == PAGE else None
    more = f"{last.at.isoformat()},{last.entry_id}" if last else None
    return render(request, "resident/access_log.html", {"entries": entries, "more": more})


@door(roles={"resident"}, member=True)
def consents(request: HttpRequest) -> HttpResponse:
    """Show what the resident agreed to, and let them withdraw it."""
    member_id = own.member_of(request)
    if request.method == "POST" and request.POST.get("agree") == offering_rights.PURPOSE:
        with unit_of_work():
            offering_rights.agree(member_id=member_id, actor=actor_of(request), now=clock.now())
        return redirect("resident:consents")
    if request.method == "POST":
        ground = whole(request.POST.get("ground", ""))
        if ground is None:
            raise Http404
        with unit_of_work():
            people.withdraw_ground(
                ground_id=ground,
                member_id=member_id,
                actor=actor_of(request),
                now=clock.now(),
            )
        return redirect("resident:consents")
    grounds = [_consent(ground) for ground in people.grounds_of(member_id=member_id)]
    purposes = current_pack().table("purposes")["purposes"]
    offers = purposes.get(offering_rights.PURPOSE)
    may_agree = (
        "" if offers is None or own.is_told_of_offers(member_id) else offers["ground"]["text"]
    )
    return render(
        request,
        "resident/consents.html",
        {"grounds": grounds, "may_agree": in_language(may_agree)},
    )


def _consent(ground: people.Ground) -> dict[str, object]:
    purpose = current_pack().table("purposes")["purposes"].get(ground.purpose, {})
    return {
        "ground": ground,
        "name": in_language(purpose.get("name", ground.purpose)),
        "text": in_language(purpose.get("ground", {}).get("text", "")),
        "can_withdraw": ground.kind == "consent" and ground.withdrawn_at is None,
    }


def _shown(field: str, value: object) -> object:
    if field == "sex" and value:
        return {"f": _("女"), "m": _("男")}[str(value)]
    if field == "district" and value:
        return name_of("district", str(value))
    return date_long(value) if isinstance(value, dt.date) else value or "—"


def _mark(text: str) -> tuple[dt.datetime, int] | None:
    """Return the instant and id after which the next page begins."""
    at, _comma, entry = text.replace(" ", "+").partition(",")
    number = whole(entry)
    try:
        found = dt.datetime.fromisoformat(at)
    except ValueError:
        return None
    return (found, number) if found.tzinfo and number is not None else None
