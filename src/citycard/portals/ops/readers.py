"""Readers and kiosks of the whole city: how they are, what is wrong first."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse

from citycard.agencies import api as agencies
from citycard.infra.clock import now
from citycard.portals import reader_health
from citycard.portals.doors import door
from citycard.portals.ops.shell import SEES, page
from citycard.portals.reader_pages import about

A_PAGE = 30


@door(roles=SEES)
def readers(request: HttpRequest) -> HttpResponse:
    """List devices by what is wrong with them."""
    found = reader_health.lines(agencies.devices(), now())
    wanted, words = request.GET.get("show", ""), request.GET.get("q", "").strip()
    shown = wanted if wanted in reader_health.FILTERS else "all"
    left = reader_health.matching(found, shown, words)
    return page(
        request,
        "readers",
        found=Paginator(left, A_PAGE).get_page(request.GET.get("page")),
        tabs=reader_health.tabs(found, shown),
        shown=shown,
        words=words,
    )


@door(roles=SEES)
def reader(request: HttpRequest, device_id: int) -> HttpResponse:
    """Show a device and what stands behind its numbers."""
    return page(request, "reader", **about(agencies.device(device_id=device_id), now()))


@door(roles=SEES)
def readers_csv(request: HttpRequest) -> HttpResponse:
    """Download the readers and their numbers."""
    content = reader_health.as_csv(reader_health.lines(agencies.devices(), now()))
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="readers.csv"'
    response["Cache-Control"] = "private, no-store"
    return response
