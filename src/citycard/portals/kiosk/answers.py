"""What a kiosk's agent asks, one short answer each, as JSON. Every question may be asked again."""

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from citycard.agencies import api as agencies
from citycard.flows import redeeming
from citycard.infra import clock
from citycard.infra.packs import current_pack
from citycard.kernel.errors import NotFound
from citycard.portals.doors import door
from citycard.portals.kiosk import wire
from citycard.redemptions import api as redemptions


@require_GET
@door(roles={"kiosk"})
def hello(request: HttpRequest) -> JsonResponse:
    """Tell a kiosk who it is, how long a person may take, and whether this is a demo."""
    device = wire.device_of(request)
    kiosk = current_pack().table("points")["kiosk"]
    return JsonResponse(
        {
            "kiosk": device.code,
            "place": device.place,
            "session_seconds": kiosk["session_seconds"],
            "demo": bool(settings.CITYCARD_DEMO),
        }
    )


@csrf_exempt
@require_POST
@door(roles={"kiosk"})
def card(request: HttpRequest) -> JsonResponse:
    """Take a card that was put down: end what it proves, tell what it may get."""
    device, body = wire.device_of(request), wire.body_of(request)
    shown = redeeming.present(device=device, card=wire.card_of(body, device), now=clock.now())
    view = shown.view
    return JsonResponse(
        {
            "points": view.points,
            "held": view.held,
            "most": view.most,
            "choices": [
                {"points": points, "ntd": points * view.ntd_rate // view.points_rate}
                for points in view.choices
            ],
            "points_rate": view.points_rate,
            "ntd_rate": view.ntd_rate,
            "purse_max": view.purse_max,
            "why_not": view.why_not,
            "ended": [_told(session) for session in shown.ended],
        }
    )


@csrf_exempt
@require_POST
@door(roles={"kiosk"})
def reserve(request: HttpRequest) -> JsonResponse:
    """Hold points for the card that lies on the kiosk."""
    device, body = wire.device_of(request), wire.body_of(request)
    session = redeeming.reserve(
        device=device,
        card=wire.card_of(body, device),
        key=wire.key_of(body),
        points=wire.whole(body, "points", least=1),
        now=clock.now(),
    )
    return JsonResponse(_told(session))


@csrf_exempt
@require_POST
@door(roles={"kiosk"})
def writing(request: HttpRequest) -> JsonResponse:
    """Let the kiosk touch the card."""
    device, body = wire.device_of(request), wire.body_of(request)
    key = wire.key_of(body)
    return JsonResponse(_told(redeeming.begin_writing(device=device, key=key, now=clock.now())))


@csrf_exempt
@require_POST
@door(roles={"kiosk"})
def settle(request: HttpRequest) -> JsonResponse:
    """Take the report that the card was written."""
    device, body = wire.device_of(request), wire.body_of(request)
    session = redeeming.settle(
        device=device, key=wire.key_of(body), reading=wire.reading_of(body), now=clock.now()
    )
    return JsonResponse(_told(session))


@csrf_exempt
@require_POST
@door(roles={"kiosk"})
def release(request: HttpRequest) -> JsonResponse:
    """Take the report that the card was not written; without a reading the kiosk's journal says
    so.
    """
    device, body = wire.device_of(request), wire.body_of(request)
    session = redeeming.release(
        device=device,
        key=wire.key_of(body),
        why=wire.text(body, "why", most=120),
        reading=wire.reading_of(body) if "counter" in body else None,
        now=clock.now(),
    )
    return JsonResponse(_told(session))


@require_GET
@door(roles={"kiosk"})
def redemption(request: HttpRequest, key: uuid.UUID) -> JsonResponse:
    """Tell a kiosk what became of one of its own redemptions."""
    return JsonResponse(_told(_own(wire.device_of(request), key)))


def _own(device: agencies.GateDevice, key: uuid.UUID) -> redemptions.Session:
    session = redemptions.by_key(key=key)
    if session is None or session.device_id != device.device_id:
        raise NotFound(what="redemption")
    return session


def _told(session: redemptions.Session) -> dict[str, Any]:
    return {
        "key": str(session.key),
        "state": session.state,
        "points": session.points,
        "ntd": session.ntd,
        "expires_at": session.expires_at.isoformat(),
        "contested": session.contested,
    }
