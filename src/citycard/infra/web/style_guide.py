"""The living style guide at /style: every component with hard data. For demo and debug only."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from . import style_samples

PAGES = (
    "resident", "home", "form", "counter", "agency", "ops", "kiosk", "kiosk-amount",
    "reader-good", "reader-bad",
)  # fmt: skip


def show(request: HttpRequest, page: str = "resident") -> HttpResponse:
    """Show a page of the style guide."""
    if not (settings.DEBUG or getattr(settings, "CITYCARD_DEMO", False)) or page not in PAGES:
        raise Http404
    template = "reader" if page.startswith("reader") else page.replace("-", "_")
    return render(request, f"cc/style/{template}.html", style_samples.data(page))
