"""Turn refusals into the door's own page, and give every answer its headers, zone and language."""

from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers

from citycard.infra.database import TakesTooLong, is_too_slow
from citycard.kernel.errors import Refused

from . import errors
from .city import current_zone
from .doors import wants_data
from .request_ids import route

log = structlog.get_logger("citycard.refusals")

PERMISSIONS = "camera=(self), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()"


class RefusalMiddleware:
    """Answer an expected "no" with words, in the page that the person is on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(current_zone()):
            response = self.get_response(request)
        if response.status_code == 405 and not response.content and wants_data(request):
            response = errors.wrong_method(request, response["Allow"])
        response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        if response.get("Content-Type", "").startswith("text/html"):
            # A page carries what one person may see: no proxy keeps it, and the back button of a
            # shared machine asks again.
            if not response.has_header("Cache-Control"):
                patch_cache_control(response, private=True, no_store=True)
            patch_vary_headers(response, ["HX-Request", "Cookie", "Accept-Language"])
        return response

    def process_exception(self, request: HttpRequest, exc: Exception) -> HttpResponse | None:
        """Answer a refusal; anything else is an error of ours and goes on."""
        if isinstance(exc, Refused):
            log.info("refused", code=exc.code)
            return errors.refused(request, exc)
        if is_too_slow(exc):
            log.warning("cut_short", route=route(request), why=type(exc.__cause__).__name__)
            response = errors.refused(request, TakesTooLong())
            response["Retry-After"] = "60"
            return response
        return None
