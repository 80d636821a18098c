"""What every view of this door shares: whose agency it is, and how its pages are rendered."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from citycard.infra import papers
from citycard.infra.packs import current_pack
from citycard.kernel.errors import NotFound
from citycard.portals.doors import actor_of


def agency_of(request: HttpRequest) -> str:
    """Return the agency that the reader works for."""
    return actor_of(request).agency or ""


def own_agencies(request: HttpRequest) -> list[str]:
    """Return the reader's agency and those under it."""
    return current_pack().agencies_under(agency_of(request))


def page(request: HttpRequest, template: str, status: int = 200, **facts: Any) -> HttpResponse:
    """Render a page of this door."""
    return render(request, f"agency/{template}.html", facts, status=status)


def attachment(content: bytes, *, name: str, media_type: str) -> HttpResponse:
    """Answer with a file to keep; no proxy or cache keeps it too."""
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def kept_file(paper: papers.Paper, name: str) -> HttpResponse:
    """Answer with a kept file, or with the signature beside it (``<name>.sig``).

    :raises NotFound: the paper has no such file
    """
    file = paper.file(name)
    if file is not None:
        return attachment(file.content, name=name, media_type=file.media_type)
    signed = paper.file(name.removesuffix(".sig"))
    if signed is None or not name.endswith(".sig"):
        raise NotFound(what="file")
    found = signed.signature_file
    return attachment(found.content, name=name, media_type=found.media_type)
