"""Visits through a venue's own system: a price for a card, the entries it let in, and what the
other venues know of first days. No answer says anything about a person."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from citycard.flows import entering
from citycard.infra.clock import now
from citycard.infra.packs import current_pack
from citycard.infra.web.problems import refusal_problem
from citycard.kernel.errors import NotFound, Refused
from citycard.offers import api as offers
from citycard.portals.doors import actor_of, door
from citycard.portals.openapi.calling import acting, client_of, counted

MOST_BYTES = 512 * 1024
MOST_ENTRIES = 500
LARGEST = 2**31 - 1
LONGEST_PLACE = 15
_CARD = ("issuer", "number_kind", "number")


class VisitNotUnderstood(Refused):
    """The body must be a JSON object as the description says; wrong: {field}."""

    code = "openapi.visit_not_understood"
    http_status = 400


@csrf_exempt
@require_POST
@door(roles={"agency_client"})
@counted("visitPrice", sandbox="invented")
def price(request: HttpRequest) -> HttpResponse:
    """Price a visit by a card: a public code, a price class and an amount."""
    try:
        said = _body(request)
        offer, venue = _text(said, "offer"), _text(said, "venue")
        _check_theirs(request, offer)
        found = entering.price(
            offer=offer,
            venue=venue,
            card=_card(said),
            actor=acting(client_of(request)),
            now=now(),
        )
    except Refused as refusal:
        return refusal_problem(request, refusal)
    return _json({"code": found.code, "price_class": found.price_class, "ntd": found.ntd})


@csrf_exempt
@require_POST
@door(roles={"agency_client"})
@counted("visits")
def entries(request: HttpRequest) -> HttpResponse:
    """Take entries that venues let in, in any order and any number of times."""
    try:
        listed = _body(request).get("entries")
        if not isinstance(listed, list) or not 0 < len(listed) <= MOST_ENTRIES:
            raise VisitNotUnderstood(field="entries")
        read = [_entry(one, place) for place, one in enumerate(listed)]
        actor = actor_of(request)
        merged = entering.take(
            entries=read,
            agencies=current_pack().agencies_under(actor.agency or ""),
            actor=actor,
            now=now(),
        )
    except Refused as refusal:
        return refusal_problem(request, refusal)
    return _json({"answers": [_answer(one) for one in merged]})


@require_GET
@door(roles={"agency_client"})
@counted("visitFirstDays", sandbox="invented")
def first_days(request: HttpRequest) -> HttpResponse:
    """List cards' first days that changed after what the system has, for venues to learn."""
    try:
        offer = request.GET.get("offer", "")
        _check_theirs(request, offer)
        after = _place(request.GET.get("after", "0"))
        found = offers.free_days(offer=offer, after=after)
    except Refused as refusal:
        return refusal_problem(request, refusal)
    return _json(
        {
            "first_days": [
                {
                    "issuer": one.issuer,
                    "numbers": dict(one.numbers),
                    "day": one.day.isoformat(),
                    "changed_at": one.changed_at.isoformat(),
                }
                for one in found
            ],
            "after": found[-1].change if found else after,
        }
    )


def _place(said: str) -> int:
    if not (said.isascii() and said.isdecimal() and len(said) <= LONGEST_PLACE):
        raise VisitNotUnderstood(field="after")
    return int(said)


def _check_theirs(request: HttpRequest, code: str) -> None:
    """Stop a system that neither organises the offer nor keeps one of its venues."""
    own = set(current_pack().agencies_under(actor_of(request).agency or ""))
    if not own & offers.agencies_of(offer=code):
        raise NotFound(what="offer")


def _body(request: HttpRequest) -> Mapping[str, Any]:
    if len(request.body) > MOST_BYTES:
        raise VisitNotUnderstood(field="body")
    try:
        said = json.loads(request.body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise VisitNotUnderstood(field="body")
    return said


def _entry(said: Any, place: int) -> offers.NewEntry:
    if not isinstance(said, dict):
        raise VisitNotUnderstood(field=f"entries[{place}]")
    return offers.NewEntry(
        device=_text(said, "device"),
        epoch=_whole(said, "epoch"),
        seq=_whole(said, "seq"),
        offer=_text(said, "offer"),
        venue=_text(said, "venue"),
        card=_card(said),
        at=_instant(said.get("at"), "at"),
        price_class=_text(said, "price_class"),
        charged_ntd=_whole(said, "charged_ntd"),
    )


def _card(said: Mapping[str, Any]) -> offers.CardNumber:
    card = said.get("card")
    if not isinstance(card, dict):
        raise VisitNotUnderstood(field="card")
    return offers.CardNumber(**{field: _text(card, field) for field in _CARD})


def _text(said: Mapping[str, Any], field: str) -> str:
    value = said.get(field)
    if not isinstance(value, str) or not 0 < len(value) <= 100 or not value.isprintable():
        raise VisitNotUnderstood(field=field)
    return value


def _whole(said: Mapping[str, Any], field: str) -> int:
    value = said.get(field)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST:
        raise VisitNotUnderstood(field=field)
    return value


def _instant(value: Any, field: str) -> dt.datetime:
    try:
        at = dt.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise VisitNotUnderstood(field=field) from None
    if at.tzinfo is None or not 2000 <= at.year <= 2200:
        raise VisitNotUnderstood(field=field)
    return at


def _answer(one: offers.Merged) -> dict[str, Any]:
    return {
        "device": one.device,
        "epoch": one.epoch,
        "seq": one.seq,
        "outcome": one.outcome,
        "finding": one.finding,
        "first_day": one.first_day.isoformat() if one.first_day else None,
    }


def _json(said: Any) -> HttpResponse:
    answer = JsonResponse(said, json_dumps_params={"ensure_ascii": False})
    answer["Cache-Control"] = "no-store"
    return answer
