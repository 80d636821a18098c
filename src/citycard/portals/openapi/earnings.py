"""Earning through an agency's own system: a batch of lines in, an answer a line out."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from citycard.activities import api as activities
from citycard.flows import earning
from citycard.infra.clock import now
from citycard.infra.packs import current_pack
from citycard.infra.web.problems import problem, refusal_problem
from citycard.kernel.errors import Refused
from citycard.portals.doors import actor_of, door
from citycard.portals.earning_lines import BadLine, open_to_systems, read_lines
from citycard.portals.openapi.calling import counted

MOST_BYTES = 512 * 1024
MOST_LINES = 500
LONGEST_KEY = 128


class BodyNotUnderstood(Refused):
    """The body must be a JSON object with “lines”: a list of 1 to 500 objects."""

    code = "openapi.body_not_understood"
    http_status = 400


class KeyMissing(Refused):
    """Send the header Idempotency-Key: a text of your own, at most 128 characters, that names this
    batch."""

    code = "openapi.key_missing"
    http_status = 400


@require_GET
@door(roles={"agency_client"})
@counted("campaigns", sandbox="always")
def campaigns(request: HttpRequest) -> HttpResponse:
    """List the campaigns that the system may name."""
    found = open_to_systems(current_pack().agencies_under(actor_of(request).agency or ""))
    return _json({"campaigns": [_campaign(one) for one in found.values()]})


@csrf_exempt
@require_POST
@door(roles={"agency_client"})
@counted("earnings")
def earnings(request: HttpRequest) -> HttpResponse:
    """Take a batch of lines whole or not at all, and answer each."""
    try:
        said, key = _lines_said(request), _key(request)
        return _take(request, said, key)
    except Refused as refusal:
        return refusal_problem(request, refusal)


def _take(request: HttpRequest, said: Sequence[Mapping[str, Any]], key: str) -> HttpResponse:
    actor, at = actor_of(request), now()
    agency = actor.agency or ""
    lines, bad = read_lines(
        list(enumerate(said, 1)),
        campaigns=open_to_systems(current_pack().agencies_under(agency)),
        now=at,
    )
    if bad:
        return _not_taken(request, bad)
    upload = activities.Upload(agency=agency, route="api", key=key, lines=lines)
    stored = earning.take(upload=upload, actor=actor, now=at)
    answers = [
        {"reference": line.reference, **dataclasses.asdict(answer)}
        for line, answer in zip(lines, stored.told, strict=True)
    ]
    return _json({"answers": answers})


def _not_taken(request: HttpRequest, bad: Sequence[BadLine]) -> HttpResponse:
    return problem(
        request,
        status=422,
        code="openapi.bad_lines",
        title=_("這一批沒有收下"),
        detail=_("%(n)s 列有問題；請改正後，整批再送一次。") % {"n": len(bad)},
        lines=[dataclasses.asdict(line) for line in bad],
    )


def _lines_said(request: HttpRequest) -> list[Mapping[str, Any]]:
    if len(request.body) > MOST_BYTES:
        raise BodyNotUnderstood()
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        body = None
    lines = body.get("lines") if isinstance(body, dict) else None
    if not isinstance(lines, list) or not 0 < len(lines) <= MOST_LINES:
        raise BodyNotUnderstood()
    if not all(isinstance(line, dict) for line in lines):
        raise BodyNotUnderstood()
    return lines


def _key(request: HttpRequest) -> str:
    key = request.headers.get("Idempotency-Key", "").strip()
    if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        raise KeyMissing()
    return key


def _campaign(found: activities.Campaign) -> dict[str, Any]:
    return {
        "code": found.code,
        "agency": found.agency,
        "names": {"zh-Hant": found.names.zh, "en": found.names.en},
        "unit": found.unit,
        "starts_at": found.starts_at.isoformat(),
        "ends_at": found.ends_at.isoformat(),
        "state": found.state,
    }


def _json(said: Any) -> HttpResponse:
    answer = JsonResponse(said, json_dumps_params={"ensure_ascii": False})
    answer["Cache-Control"] = "no-store"
    return answer
