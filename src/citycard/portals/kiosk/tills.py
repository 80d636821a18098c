"""What a till asks: points for a purchase, at once, and points of a purchase back.

A till is a merchant's or an agency's device with a key of its own. It chooses the purchase's key
before it asks, so that a lost answer is asked for again.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from citycard.flows import redeeming, selling
from citycard.infra import clock
from citycard.portals.doors import door
from citycard.portals.kiosk import wire
from citycard.redemptions import api as redemptions


@csrf_exempt
@require_POST
@door(roles={"till"})
def pay(request: HttpRequest) -> JsonResponse:
    """Take points of the card's holder for a purchase."""
    device, body = wire.device_of(request), wire.body_of(request)
    session = selling.pay_at_till(
        device=device,
        card=redeeming.CardNumber(
            issuer=wire.text(body, "issuer", default=device.issuer),
            number_kind=wire.text(body, "number_kind", default=device.number_kind),
            number=wire.text(body, "number"),
        ),
        kind=wire.text(body, "kind"),
        points=wire.whole(body, "points", least=1),
        key=wire.key_of(body),
        receipt=wire.text(body, "receipt"),
        now=clock.now(),
    )
    return JsonResponse(_told(session))


@csrf_exempt
@require_POST
@door(roles={"till"})
def refund(request: HttpRequest) -> JsonResponse:
    """Give points of a purchase back, in whole or in part."""
    device, body = wire.device_of(request), wire.body_of(request)
    session = selling.refund_at_till(
        device=device,
        key=wire.key_of(body),
        refund_key=_uuid(body, "refund_key"),
        points=wire.whole(body, "points", least=1),
        why=wire.text(body, "why", most=120),
        now=clock.now(),
    )
    return JsonResponse(_told(session))


def _uuid(body: Mapping[str, Any], field: str) -> uuid.UUID:
    return wire.key_of({"key": body.get(field)})


def _told(session: redemptions.Session) -> dict[str, Any]:
    return {
        "key": str(session.key),
        "state": session.state,
        "points": session.points,
        "ntd": session.ntd,
        "returned": session.returned_points,
        "receipt": session.receipt,
    }
