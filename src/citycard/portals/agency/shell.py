"""What every view of this door shares: whose agency it is, and how its pages are rendered."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from citycard.portals.doors import actor_of
from citycard.portals.naming import agencies_under


def agency_of(request: HttpRequest) -> str:
    """Return the agency that the reader works for."""
    return actor_of(request).agency or ""


def own_agencies(request: HttpRequest) -> list[str]:
    """Return the reader's agency and those under it."""
    return agencies_under(agency_of(request))


def page(request: HttpRequest, template: str, status: int = 200, **facts: Any) -> HttpResponse:
    """Render a page of this door."""
    return render(request, f"agency/{template}.html", facts, status=status)


def attachment(content: bytes, *, name: str, media_type: str) -> HttpResponse:
    """Answer with a file to keep; no proxy or cache keeps it too."""
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
