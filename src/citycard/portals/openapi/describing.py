"""The description of this door, for programs (OpenAPI 3.1)."""

import functools
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from citycard.portals.doors import ANYONE, door


@require_GET
@door(roles=ANYONE)
def document(request: HttpRequest) -> HttpResponse:
    """Return the description."""
    return HttpResponse(_content(), content_type="application/json")


@functools.cache
def _content() -> bytes:
    return (Path(__file__).parent / "openapi.json").read_bytes()
