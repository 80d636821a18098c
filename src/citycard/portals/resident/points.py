"""Points: what I have of each unit, what is on its way, when it lapses, and every move."""

import datetime as dt
import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from citycard.activities import api as activities
from citycard.infra import clock
from citycard.kernel.access import Access
from citycard.ledger import api as ledger
from citycard.portals.doors import door
from citycard.portals.resident import allowances, own, point_words, units, ways_out
from citycard.redemptions import api as redemptions

PAGE = 30
SESSIONS = 200
FIELDS = ("points", "points_history")


@door(roles={"resident"}, member=True)
def overview(request: HttpRequest) -> HttpResponse:
    """Show what I have, each unit for itself."""
    access = own.own_access(request, *FIELDS)
    mine = units.mine(access, own.member_of(request), clock.today())
    context = {
        "balances": mine,
        "loading": loading(access, own.member_of(request)),
        "has_time_bank": activities.has_time_bank(),
    }
    return render(request, "resident/points.html", context)


@door(roles={"resident"}, member=True)
def balances_json(request: HttpRequest) -> HttpResponse:
    """Answer what I have of each unit as data, for the city's own app."""
    now = clock.now()
    mine = units.mine(
        own.own_access(request, *FIELDS), own.member_of(request), clock.city_time().day(now)
    )
    return JsonResponse({"at": now.isoformat(), "balances": [_as_data(one) for one in mine]})


@door(roles={"resident"}, member=True)
def unit(request: HttpRequest, unit: str) -> HttpResponse:
    """Show one unit: available, on its way, lots with their last days, and the history by pages."""
    member_id, access = own.member_of(request), own.own_access(request, *FIELDS)
    mine = units.mine(access, member_id, clock.today())
    chosen = next((one for one in mine if one.unit == unit), None)
    if chosen is None:
        raise Http404
    before = _key(request.GET.get("before"))
    entries = ledger.history(
        holder=member_id, unit=unit, limit=PAGE + 1, before=before, access=access
    )
    shown = entries[:PAGE]
    sessions = redemptions.sessions_of(access=access, member_id=member_id, limit=SESSIONS)
    context = {
        "balances": mine,
        "chosen": chosen,
        "loading": loading(access, member_id, unit=unit),
        "allowance": allowances.of_month(access, member_id, unit, clock.today()),
        "ways_out": ways_out.of_unit(unit, clock.today()),
        "is_hours": chosen.kind == "hours",
        "may_give": chosen.kind == "hours" and activities.time_bank().members_may_give,
        "entries": point_words.told(shown, unit, sessions),
        "is_first_page": before is None,
        "more": shown[-1].key if len(entries) > PAGE else None,
    }
    return render(request, "resident/unit.html", context)


def loading(access: Access, member_id: int, *, unit: str = "") -> list[dict[str, Any]]:
    """Return what is being loaded at this moment: how much, where, since when."""
    sessions = redemptions.sessions_of(access=access, member_id=member_id, limit=SESSIONS)
    return [
        {
            "amount": units.amount(one.unit, one.points),
            "where": point_words.where(one),
            "since": one.reserved_at,
            "state": one.state,
        }
        for one in sessions
        if one.state in point_words.UNDER_WAY and unit in ("", one.unit)
    ]


def _as_data(one: units.UnitBalance) -> dict[str, Any]:
    return {
        "unit": one.unit,
        "name": one.name,
        "available": one.balance.available,
        "held": one.balance.held,
        "lots": [
            {"amount": lot.amount, "last_day": _day(lot.expires_on)} for lot in one.balance.lots
        ],
    }


def _day(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None


def _key(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None
