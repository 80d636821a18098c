"""What a kiosk says, read strictly: a wrong field is refused by name, and nothing is
half-understood.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest

from citycard.agencies import api as agencies
from citycard.flows.redeeming import CardOnKiosk
from citycard.kernel.errors import Refused
from citycard.portals.doors import SignInFirst
from citycard.redemptions import api as redemptions

MOST_BYTES = 64 * 1024
MOST = 2**31 - 1
MOST_LINES = 50


class NotUnderstood(Refused):
    """The field “{field}” is missing or not what it should be: {expected}."""

    code = "kiosk.not_understood"
    http_status = 400


def device_of(request: HttpRequest) -> agencies.GateDevice:
    """Return the kiosk that asks; the door has let it in.

    :raises SignInFirst: its key is no longer good
    """
    credentials = request.headers.get("Authorization", "").removeprefix("Reader ")
    code, _, key = credentials.strip().partition(":")
    device = agencies.device_by_key(code=code, key=key)
    if device is None:
        raise SignInFirst()
    return device


def body_of(request: HttpRequest) -> Mapping[str, Any]:
    """Return the JSON object that was sent.

    :raises NotUnderstood: it is none, or larger than anything a kiosk has to say
    """
    if len(request.body) > MOST_BYTES:
        raise NotUnderstood(field="body", expected=f"at most {MOST_BYTES} bytes")
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise NotUnderstood(field="body", expected="a JSON object")
    return body


def whole(body: Mapping[str, Any], field: str, *, least: int = 0) -> int:
    """Return a whole number.

    :raises NotUnderstood: it isn't one, or is out of bounds
    """
    value = body.get(field)
    if type(value) is not int or not least <= value <= MOST:
        raise NotUnderstood(field=field, expected=f"a whole number from {least} to {MOST}")
    return value


def text(body: Mapping[str, Any], field: str, *, most: int = 64, default: str | None = None) -> str:
    """Return a short text.

    :raises NotUnderstood: it is missing, empty without a default, or too long
    """
    value = body.get(field, default)
    short = isinstance(value, str) and len(value) <= most and (value or default is not None)
    # NUL and half a character are JSON, but no text of the database.
    if not isinstance(value, str) or not short or not value.isprintable():
        raise NotUnderstood(field=field, expected=f"a text of 1 to {most} printable characters")
    return value


def key_of(body: Mapping[str, Any]) -> uuid.UUID:
    """Return the kiosk's own key of a redemption.

    :raises NotUnderstood: it is no UUID
    """
    try:
        return uuid.UUID(text(body, "key"))
    except ValueError:
        raise NotUnderstood(field="key", expected="a UUID") from None


def reading_of(body: Mapping[str, Any]) -> redemptions.CardReading:
    """Return what the card said about itself.

    :raises NotUnderstood: a part is missing
    """
    lines = body.get("recent", [])
    if not isinstance(lines, Sequence) or isinstance(lines, str) or len(lines) > MOST_LINES:
        raise NotUnderstood(field="recent", expected=f"a list of at most {MOST_LINES} lines")
    return redemptions.CardReading(
        purse=whole(body, "purse"),
        counter=whole(body, "counter"),
        recent=tuple(_line(line) for line in lines),
    )


def _line(line: Any) -> redemptions.Written:
    if not isinstance(line, dict):
        raise NotUnderstood(field="recent", expected="objects of counter, amount_ntd and terminal")
    return redemptions.Written(
        counter=whole(line, "counter"),
        amount_ntd=whole(line, "amount_ntd", least=-MOST),
        terminal=text(line, "terminal", default=""),
    )


def card_of(body: Mapping[str, Any], device: agencies.GateDevice) -> CardOnKiosk:
    """Return the card that lies on the kiosk; the device knows which number it reads, unless told.

    :raises NotUnderstood: a part is missing
    """
    return CardOnKiosk(
        issuer=text(body, "issuer", default=device.issuer),
        number_kind=text(body, "number_kind", default=device.number_kind),
        number=text(body, "number"),
        reading=reading_of(body),
    )
