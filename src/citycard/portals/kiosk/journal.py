"""A kiosk's own journal, as it uploads it: at the end of each session, and every day whole."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from citycard.flows import reconciling
from citycard.infra import clock
from citycard.portals.doors import door
from citycard.portals.kiosk import wire
from citycard.redemptions import api as redemptions

MOST_LINES = 200


@csrf_exempt
@require_POST
@door(roles={"kiosk"})
def journal(request: HttpRequest) -> JsonResponse:
    """Take lines of a kiosk's journal; the same lines again change nothing."""
    device, body = wire.device_of(request), wire.body_of(request)
    told = body.get("lines")
    if not isinstance(told, list) or len(told) > MOST_LINES:
        raise wire.NotUnderstood(field="lines", expected=f"a list of at most {MOST_LINES} lines")
    lines = [_line(line) for line in told]
    taken = reconciling.take_journal(device=device, lines=lines, now=clock.now()) if lines else 0
    return JsonResponse({"taken": taken})


def _line(told: Any) -> redemptions.KioskLine:
    if not isinstance(told, dict):
        raise wire.NotUnderstood(field="lines", expected="objects")
    known_end = told.get("purse_after") is not None
    return redemptions.KioskLine(
        key=wire.key_of(told),
        seq=wire.whole(told, "seq", least=1),
        card_number=wire.text(told, "number"),
        counter=wire.whole(told, "counter"),
        ntd=wire.whole(told, "ntd", least=1),
        purse_before=wire.whole(told, "purse_before"),
        purse_after=wire.whole(told, "purse_after") if known_end else None,
        wrote=_wrote(told),
        at=_instant(told),
    )


def _wrote(told: Mapping[str, Any]) -> bool | None:
    wrote = told.get("wrote")
    if wrote is not None and not isinstance(wrote, bool):
        raise wire.NotUnderstood(field="wrote", expected="true, false or null")
    return wrote


def _instant(told: Mapping[str, Any]) -> dt.datetime:
    try:
        at = dt.datetime.fromisoformat(wire.text(told, "at"))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise wire.NotUnderstood(field="at", expected="a time with its zone, ISO 8601")
    return at
